"""What a portal does, from a terminal: sells an eSIM, sells add-ons for it, looks things up."""
