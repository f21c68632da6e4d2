"""What operators see of a worker: metrics, logs, readiness and traces."""
