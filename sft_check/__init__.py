"""The first contact with a live SFT: what it answers, held against every assumption of the client."""
