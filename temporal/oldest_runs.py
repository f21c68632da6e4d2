"""Saves the histories of what runs, for ``worker.py --replay``: the oldest runs of each patch level.

The newest would only show that a build goes on with what the build before it began. What it may fail at is what was
begun long ago, under patches that few runs have left.
"""

import asyncio
import heapq
from collections import defaultdict
from pathlib import Path
from typing import Final, NamedTuple

from temporalio.client import Client, WorkflowExecution
from temporalio.common import SearchAttributeKey

from temporal.replay import has_begun
from temporal.visibility import on_task_queue

OF_EACH: Final = 100
"""How many runs of each patch level are saved, of purchases and of subscriptions."""

PATCHES: Final = SearchAttributeKey.for_keyword_list("TemporalChangeVersion")
"""Which patches a run has taken: the SDK sets it with each patch."""

Level = tuple[str, ...]
"""The type of a workflow, and the patches that a run of it has taken."""


class Saved(NamedTuple):
    """How many histories were saved, of how many patch levels."""

    histories: int
    levels: int


async def save_oldest(client: Client, task_queue: str, folder: Path, of_each: int = OF_EACH) -> Saved:
    """Saves a file for each of the oldest running runs of each level on that task queue, as Temporal holds them:
    payloads that are encrypted stay so. A run that ends meanwhile is saved as well; not one that no worker has begun.
    """
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    levels = await _levels(client, task_queue)
    histories = 0
    for runs in levels.values():
        for run in heapq.nsmallest(of_each, runs, key=lambda run: run.start_time):
            history = await client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
            if has_begun(history):
                (folder / f"{run.run_id}.json").write_text(history.to_json())
                histories += 1
    return Saved(histories, len(levels))


async def _levels(client: Client, task_queue: str) -> dict[Level, list[WorkflowExecution]]:
    """All that runs, by level: not every server can sort a list of runs, and none can group it by patches."""
    levels = defaultdict[Level, list[WorkflowExecution]](list)
    async for run in client.list_workflows(
        f"ExecutionStatus = 'Running' AND {on_task_queue(task_queue)}", page_size=1000
    ):
        patches = run.typed_search_attributes.get(PATCHES) or []
        levels[run.workflow_type, *sorted(patches)].append(run)
    return levels
