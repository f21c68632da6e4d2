"""When a workflow has nothing left to do but wait, as the server sees it: no worker is asked."""

import asyncio
import time
from collections.abc import Iterable
from typing import Final, NamedTuple

from temporalio.client import WorkflowExecutionDescription

from tools.bench.side import Living, Side

LOOK_SECONDS: Final = 0.02
AT_ONCE: Final = 20

WATCH: Final = "watch_usage"
"""An activity that waits for weeks: it is not due because it is there."""


class Weight(NamedTuple):
    """How long a history is."""

    events: int
    size_bytes: int


async def rest(run: Living) -> Weight:
    """Waits until neither a workflow task nor an activity is due."""
    while not _is_at_rest(description := await run.describe()):  # noqa: ASYNC110
        await asyncio.sleep(LOOK_SECONDS)
    info = description.raw_description.workflow_execution_info
    return Weight(info.history_length, info.history_size_bytes)


def _is_at_rest(description: WorkflowExecutionDescription) -> bool:
    raw = description.raw_description
    due = [activity for activity in raw.pending_activities if activity.activity_type.name != WATCH]
    return not raw.HasField("pending_workflow_task") and not due


async def top_up_all(side: Side, workflow_ids: Iterable[str]) -> float:
    """Tops up all of them at once; top-ups a second, counted until all are at rest again."""
    runs = [side.run(workflow_id) for workflow_id in workflow_ids]
    began = time.perf_counter()
    await asyncio.gather(*(side.top_up(run.id) for run in runs))
    for run in runs:
        await rest(run)
    return len(runs) / (time.perf_counter() - began)


async def end(side: Side, workflow_ids: Iterable[str]) -> None:
    """Terminates what was started for one row, so that the next begins with as little alive."""
    left = iter(list(workflow_ids))

    async def one_after_the_other() -> None:
        for workflow_id in left:
            await side.run(workflow_id).terminate("the benchmark is done with it")

    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
