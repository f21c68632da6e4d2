"""How a workflow calls SFT: patiently, and without leaving a write half seen."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, TypeVar

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception
from temporalio.types import MethodAsyncSingleParam

from activities.messages import VISIBILITY_AWAY
from contract.failure import INVALID_REQUEST, SFT_AUTHENTICATION_FAILED, SFT_UNAVAILABLE
from workflows.outcome import failure_of, type_of
from workflows.policies import BRISK, OUTAGE, PATIENT, Policy

LONGEST_PAUSE_BETWEEN_WRITES: Final = timedelta(minutes=30)

Activities = TypeVar("Activities")
Argument = TypeVar("Argument")
Result = TypeVar("Result")

Activity = MethodAsyncSingleParam[Activities, Argument, Result]

Say = Callable[[str], None]
"""Tells whoever looks at the workflow, in one sentence, what it is doing or waiting for."""


async def call(
    activity: Activity[Activities, Argument, Result],
    argument: Argument,
    policy: Policy,
    summary: str,
    *,
    task_queue: str | None = None,
    time_limit: timedelta | None = None,
    priority: Priority | None = None,
    cancellation: workflow.ActivityCancellationType = workflow.ActivityCancellationType.TRY_CANCEL,
) -> Result:
    """Runs one activity under one row of the table of policies.

    Raises:
        ActivityError: if it failed for good, or not within ``time_limit``.
        asyncio.CancelledError: if the run was cancelled meanwhile.
    """
    try:
        result = await workflow.execute_activity_method(
            activity,
            argument,
            task_queue=task_queue,
            summary=summary,
            start_to_close_timeout=policy.attempt,
            heartbeat_timeout=policy.heartbeat,
            retry_policy=policy.retry,
            schedule_to_close_timeout=time_limit,
            priority=priority or Priority.default,
            cancellation_type=cancellation,
        )
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise asyncio.CancelledError from error  # there is no outcome here to draw conclusions from
        raise
    return result


async def patiently(
    activity: Activity[Activities, Argument, Result],
    argument: Argument,
    summary: str,
    say: Say,
    *,
    first: Policy = BRISK,
    time_limit: timedelta | None = OUTAGE,
) -> Result:
    """Runs an idempotent SFT activity until it succeeds: a few quick tries, then says what is wrong and keeps on.

    The long wait is one activity that Temporal retries, so an outage of a day adds nothing to the history. Refused
    credentials are the operator's mistake, and are waited for without limit.

    Raises:
        ApplicationError: ``SftUnavailable`` after ``time_limit``, never if that is None; ``InvalidRequest`` if what is
            asked for cannot be done.
    """
    try:
        return await call(activity, argument, first, summary)
    except ActivityError as error:
        _refuse_invalid(error)
        say(_waiting_for(error))
    while True:
        try:
            return await call(activity, argument, PATIENT, summary, time_limit=time_limit)
        except ActivityError as error:
            _refuse_invalid(error)
            say(_waiting_for(error))
            if type_of(error) != SFT_AUTHENTICATION_FAILED:
                raise sft_unavailable(summary, time_limit or OUTAGE) from error


def _refuse_invalid(error: ActivityError) -> None:
    failure = failure_of(error)
    if failure and failure.type == INVALID_REQUEST:
        raise failure from None


def _waiting_for(error: ActivityError) -> str:
    if type_of(error) == SFT_AUTHENTICATION_FAILED:
        return (
            "Waiting for the operator: SFT refuses our credentials. Correct SFT_USERNAME and SFT_PASSWORD and "
            "restart the workers; this goes on by itself."
        )
    failure = failure_of(error)
    if failure and failure.type == VISIBILITY_AWAY:
        return f"Waiting for Temporal's visibility store. {failure.message}"
    return f"Waiting for SFT, which does not answer as it should ({failure.message if failure else error.cause})."


def growing_pause(began: datetime) -> timedelta:
    """The pause before a write is sent once more: the longer it goes on, the longer, so that no history grows full."""
    return min(LONGEST_PAUSE_BETWEEN_WRITES, (workflow.now() - began) / 4)


def sft_unavailable(what: str, waited: timedelta) -> ApplicationError:
    """The failure of a purchase that SFT kept waiting for too long."""
    hours = waited.total_seconds() / 3600
    return ApplicationError(
        f"{what}: SFT did not answer as it should for {hours:.0f} hours; start the purchase again once it does",
        type=SFT_UNAVAILABLE,
        non_retryable=True,
    )
