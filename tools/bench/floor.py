"""The floor: workflows with as many steps as ours that do nothing, on a worker with the SDK's own settings.

``python -m tools.bench.floor <task queue>``. They have the data converter that ours have, and nothing else of the
product.
"""

import argparse
import asyncio
from datetime import timedelta
from typing import Final

from temporalio import activity, workflow
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    from process.exit import leave_after
    from temporal.client import connect

SALE_CALLS: Final = 4
"""fetchSIM, EndPointLifeCycleChange, GetEndPointProfile, SubscribeAddon."""

TOP_UP_CALLS: Final = 2
"""GetEndPointProfile, SubscribeAddon."""

LIMIT: Final = timedelta(minutes=10)


@activity.defn
async def nothing() -> None:
    """What stands for a call to SFT."""


async def _calls(count: int) -> None:
    for _ in range(count):
        await workflow.execute_activity(nothing, start_to_close_timeout=LIMIT)


@workflow.defn
class BareSubscription:
    """Waits for signals for ever."""

    def __init__(self) -> None:
        self._ordered = 0

    @workflow.run
    async def run(self) -> None:
        while True:
            await workflow.wait_condition(lambda: self._ordered > 0)
            await _calls(TOP_UP_CALLS)
            self._ordered -= 1

    @workflow.signal
    def top_up(self) -> None:
        """Orders one round of activities."""
        self._ordered += 1


@workflow.defn
class BareSale:
    """Starts a child that outlives it, and returns its id after as many activities as a sale makes calls."""

    @workflow.run
    async def run(self) -> str:
        child = await workflow.start_child_workflow(
            BareSubscription.run,
            id=f"child-{workflow.info().workflow_id}",
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
        )
        await _calls(SALE_CALLS)
        return child.id


async def _run(task_queue: str, cached: int | None) -> None:
    client = await connect(None)
    workflows, activities = [BareSale, BareSubscription], [nothing]
    if cached is None:
        worker = Worker(client, task_queue=task_queue, workflows=workflows, activities=activities)
    else:
        worker = Worker(
            client, task_queue=task_queue, workflows=workflows, activities=activities, max_cached_workflows=cached
        )
    async with worker:
        print(f"Working on task queue {task_queue}", flush=True)  # noqa: T201
        await asyncio.Event().wait()


def main() -> None:
    """Runs until it is killed."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.floor", description=__doc__)
    parser.add_argument("task_queue")
    parser.add_argument("--cached", type=int, help="how many workflows it may keep in its cache")
    options = parser.parse_args()
    asyncio.run(_run(options.task_queue, options.cached))


if __name__ == "__main__":
    leave_after(main)
