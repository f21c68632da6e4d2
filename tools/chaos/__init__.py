"""Breaks everything at once, for real and for a bounded time, and then holds SFT's ledger against the workflows."""
