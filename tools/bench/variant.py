"""The product's worker with other options of the SDK than it runs with: ``python -m tools.bench.variant``."""

import argparse
import asyncio

from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

import worker
from process.exit import leave_after
from process.settings import read_settings


def main() -> None:
    """Runs until it is told to stop, as worker.py does."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.variant", description=__doc__)
    parser.add_argument("--sandboxed", action="store_true", help="with the SDK's sandbox around workflows")
    parser.add_argument("--cached", type=int, help="how many workflows it may keep in its cache")
    given = parser.parse_args()
    settings, options = read_settings(worker.WorkerSettings), worker.DEFAULT_OPTIONS
    if given.sandboxed:
        options = worker.WorkerOptions(workflow_runner=SandboxedWorkflowRunner())
    if given.cached is not None:
        settings.esim_cached_workflows = given.cached
    asyncio.run(worker.run(settings, options))


if __name__ == "__main__":
    leave_after(main)
