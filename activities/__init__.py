"""One thin activity per side effect: each calls one client and turns its errors into Temporal's."""
