"""The whole product on one machine: Temporal, a simulated SFT, a worker, and a sale to watch."""
