"""Runs one attempt of an activity outside a worker, as the Temporal server would describe it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, TypeVar

import pytest
from temporalio.client import WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

Result = TypeVar("Result")


async def attempt(
    activity: Callable[..., Awaitable[Result]],
    *inputs: object,
    number: int = 1,
    of: WorkflowHandle[Any, Any] | None = None,
    seconds_since_scheduled: float = 0,
    begun_anew_after: timedelta = timedelta(0),
    task_queue: str | None = None,
) -> Result:
    """What it returns in the attempt of that number, on behalf of a run, so long after it was scheduled.

    One that an operator began anew was scheduled itself so long after the activity was. All moments are of 1970, far
    from those of this machine's clock.
    """
    environment = ActivityEnvironment()
    info = replace(environment.info, attempt=number)
    info = replace(info, started_time=info.scheduled_time + timedelta(seconds=seconds_since_scheduled))
    info = replace(info, current_attempt_scheduled_time=info.scheduled_time + begun_anew_after)
    if of is not None:
        info = replace(info, workflow_id=of.id, workflow_run_id=of.result_run_id or "")
    if task_queue is not None:
        info = replace(info, task_queue=task_queue)
    environment.info = info
    return await environment.run(activity, *inputs)


async def refusal(activity: Callable[..., Awaitable[object]], *inputs: object, **changes: Any) -> ApplicationError:
    """What it fails with."""
    with pytest.raises(ApplicationError) as refused:
        await attempt(activity, *inputs, **changes)
    return refused.value


OUTCOMES: Final = [
    ("rate_limited", "SftUnavailable", False),
    ("error_before", "SftUnanswered", False),
    ("answer_lost", "SftUnanswered", False),
]
"""Kinds of faults of a call that must not be repeated blindly; the failure type that each becomes, and whether it is
final. What SFT refuses is a type of its own for each call."""
