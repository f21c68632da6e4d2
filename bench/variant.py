"""The product's worker with an option of the SDK's changed that it has no setting for: ``python -m bench.variant``."""

import argparse
import asyncio
from functools import partial

from temporalio.worker import UnsandboxedWorkflowRunner, Worker

import worker
from leaving import leave_after
from settings import WorkerSettings, read_settings


def main() -> None:
    """Runs until it is told to stop, as worker.py does."""
    parser = argparse.ArgumentParser(prog="python -m bench.variant", description=__doc__)
    parser.add_argument("--unsandboxed", action="store_true", help="without the SDK's sandbox around workflows")
    parser.add_argument("--cached", type=int, help="how many workflows it may keep in its cache")
    options = parser.parse_args()
    changed = Worker
    if options.unsandboxed:
        changed = partial(changed, workflow_runner=UnsandboxedWorkflowRunner())  # type: ignore[assignment]
    if options.cached is not None:
        changed = partial(changed, max_cached_workflows=options.cached)  # type: ignore[assignment]
    vars(worker)["Worker"] = changed
    asyncio.run(worker.run(read_settings(WorkerSettings)))


if __name__ == "__main__":
    leave_after(main)
