"""The product's worker with an option of the SDK's changed that it has no setting for.

``python -m tools.bench.variant``.
"""

import argparse
import asyncio
from functools import partial

from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

import worker
from process.exit import leave_after
from process.settings import WorkerSettings, read_settings


def main() -> None:
    """Runs until it is told to stop, as worker.py does."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.variant", description=__doc__)
    parser.add_argument("--sandboxed", action="store_true", help="with the SDK's sandbox around workflows")
    parser.add_argument("--cached", type=int, help="how many workflows it may keep in its cache")
    options = parser.parse_args()
    if options.sandboxed:
        vars(worker)["RUNNER"] = SandboxedWorkflowRunner()
    if options.cached is not None:
        vars(worker)["Worker"] = partial(Worker, max_cached_workflows=options.cached)
    asyncio.run(worker.run(read_settings(WorkerSettings)))


if __name__ == "__main__":
    leave_after(main)
