"""Whether some worker can read what this program writes: asked before anybody buys, by a look at a plan of its own."""

import asyncio
import time
import uuid
from contextlib import suppress
from typing import Final

from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.service import RPCError

from contract.failure import INVALID_REQUEST
from contract.plan import PlanAnswer, PlanQuestion
from contract.workflow_ids import LOOK_UP_PLAN_TYPE, look_up_plan_id
from seller.errors import NoAnswer, failed
from seller.failing_task import why_task_fails
from seller.server import Server
from seller.stock import LONGEST
from temporal.data_converter import first_key

PATIENCE_SECONDS: Final = 25.0
"""A workflow task that failed is tried again after ten seconds."""
LOOK_SECONDS: Final = 0.3

ENOUGH_ATTEMPTS: Final = 3
"""Of its first workflow task: one worker may lack the key and the next have it."""

Run = WorkflowHandle[object, PlanAnswer]


async def why_unread(server: Server, plan_id: str) -> str | None:
    """Why no worker can read what is written with the first key of this program, in one sentence; None if one can.

    Raises NoAnswer if the server does not answer, or no worker has tried in time (``NoWorker``); RPCError if the server
    refuses.
    """
    label = first_key(server.client.data_converter)
    run: Run = await server.answers(
        server.client.start_workflow(
            LOOK_UP_PLAN_TYPE,
            PlanQuestion(plan_id=plan_id),
            id=f"{look_up_plan_id(server.task_queue, plan_id, label)}-{uuid.uuid4()}",
            task_queue=server.task_queue,
            result_type=PlanAnswer,
            execution_timeout=LONGEST,
            static_summary="Can a worker read what a shop writes?",
        )
    )
    try:
        why = await _why(server, run)
    except NoAnswer:
        await _end(server, run)
        raise
    if why is None:
        return None
    await _end(server, run)
    return f"No worker of {server.task_queue} can read what is written under {label or 'no key'}: {why}"


async def _end(server: Server, run: Run) -> None:
    with suppress(RPCError):  # it has ended by itself
        await server.answers(run.terminate("no worker has read it"))


async def _why(server: Server, run: Run) -> str | None:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        description = await server.answers(run.describe())
        if description.status == WorkflowExecutionStatus.FAILED:
            return await _refusal(server, run)
        task = description.raw_description.pending_workflow_task
        if description.status != WorkflowExecutionStatus.RUNNING or description.raw_description.pending_activities:
            return None
        is_over = time.monotonic() > until
        if task.attempt >= ENOUGH_ATTEMPTS or (is_over and task.attempt > 1):
            return await why_task_fails(server, run)
        if is_over:
            raise NoAnswer("NoWorker", "No worker has taken up the look that was to tell it")
        await asyncio.sleep(LOOK_SECONDS)


async def _refusal(server: Server, run: Run) -> str | None:
    """Why it was refused for good: workers that demand encryption do so with what is not encrypted."""
    try:
        await server.answers(run.result())
    except WorkflowFailureError as failure:
        refused = failed("It", failure.cause)
        return refused.message if refused.type == INVALID_REQUEST else None
    return None
