"""Habits of the simulated platform: each is one way in which the real one may differ from what is assumed of it."""
