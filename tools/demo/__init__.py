"""The demo: the whole product on one machine, with a simulated SFT, and a sale to watch."""
