"""Deterministic orchestration: no I/O, no clock, no randomness and no environment but through Temporal."""
