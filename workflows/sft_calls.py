"""How a workflow calls SFT: through activities, patiently, saying what it waits for."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ActivityError, ApplicationError, RetryState, is_cancelled_exception
from temporalio.types import MethodAsyncSingleParam

from activities.messages import BACKGROUND, VISIBILITY_AWAY
from contract.failure import ADDON_REJECTED, INVALID_REQUEST, SFT_AUTHENTICATION_FAILED, SFT_UNAVAILABLE
from temporal.reset import hold_if_reset
from workflows.cancellation import afterwards
from workflows.outcome import details_of, failure_of, type_of
from workflows.policies import (
    ATTEMPT,
    BRISK,
    LONGEST_PAUSE,
    LONGEST_PAUSE_BETWEEN_WRITES,
    OUTAGE,
    PATIENT,
    Policy,
)

Activities = TypeVar("Activities")
Argument = TypeVar("Argument")
Result = TypeVar("Result")

Activity = MethodAsyncSingleParam[Activities, Argument, Result]

SetDetails = Callable[[str], None]
"""Shows whoever looks at the workflow, in one sentence, what it is doing or waiting for."""


def turn_of(bulk: str | None) -> Priority | None:
    """When the calls for an order have their turn: one of many comes after everything else, and by turns with those of
    others where the server is fair; None for a single one."""
    return Priority(priority_key=BACKGROUND, fairness_key=bulk) if bulk else None


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
    await hold_if_reset()
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
    set_details: SetDetails,
    *,
    first: Policy = BRISK,
    time_limit: timedelta | None = OUTAGE,
    priority: Priority | None = None,
) -> Result:
    """Runs an idempotent SFT activity until it succeeds: a few tries under ``first``, then it says what it waits for.

    The long wait is one activity that Temporal retries, so an outage of a day adds nothing to the history. Refused
    credentials are the operator's mistake, and are waited for without limit.

    Raises:
        ApplicationError: ``SftUnavailable`` after ``time_limit``, never if that is None; ``InvalidRequest`` if what is
            asked for cannot be done, ``AddonRejected`` if SFT refuses to take an add-on off.
    """
    deadline = workflow.now() + time_limit if time_limit else None
    policy, left = first, None if first.ends_by_itself else time_limit
    while True:
        try:
            return await call(activity, argument, policy, summary, time_limit=left, priority=priority)
        except ActivityError as error:
            _raise_if_final(error)
            set_details(_waiting_for(error))
            if type_of(error) == SFT_AUTHENTICATION_FAILED:
                deadline = workflow.now() + time_limit if time_limit else None
            elif is_by_hand(error):
                await workflow.sleep(LONGEST_PAUSE, summary="Ended by hand, which says nothing: asked once more")
            elif policy is PATIENT:
                raise sft_unavailable(summary, time_limit or OUTAGE) from error
        policy = PATIENT
        if time_limit and deadline:  # one attempt at least: where the workers were away, SFT has not been asked yet
            left = max(deadline - workflow.now(), min(ATTEMPT, time_limit))


def is_by_hand(error: ActivityError) -> bool:
    """Whether what Temporal would have tried again was failed for good: by an operator (``temporal activity fail``)."""
    return error.retry_state is RetryState.NON_RETRYABLE_FAILURE and type_of(error) != SFT_AUTHENTICATION_FAILED


def _raise_if_final(error: ActivityError) -> None:
    failure = failure_of(error)
    if failure and failure.type in (INVALID_REQUEST, ADDON_REJECTED):
        raise failure from None


def _waiting_for(error: ActivityError) -> str:
    if details_of(error).get("is_blocked"):
        return (
            "Waiting for the operator: SFT has blocked our account, and only a reset of its password at SFT helps. "
            "Then set the new SFT_PASSWORD and restart the workers; nothing goes on by itself."
        )
    if type_of(error) == SFT_AUTHENTICATION_FAILED:
        return (
            "Waiting for the operator: SFT refuses our credentials. Correct SFT_USERNAME and SFT_PASSWORD and "
            "restart the workers; this goes on by itself."
        )
    failure = failure_of(error)
    if failure and failure.type == VISIBILITY_AWAY:
        return f"Waiting for Temporal's visibility store. {failure.message}"
    return f"Waiting for SFT, which does not answer as it should ({failure.message if failure else error.cause})."


class Patience:
    """How long a request that is not done is sent again: for OUTAGE, in which the time that looking takes is not
    counted. A look has a limit of its own, and none where the operator has to act: an SFT that could not be asked for
    a day has not refused anything for a day.
    """

    def __init__(self) -> None:
        self._began = workflow.now()
        self._looked_for = timedelta(0)

    @property
    def is_over(self) -> bool:
        """Whether it has been tried for long enough."""
        return workflow.now() >= self._began + OUTAGE + self._looked_for

    async def look(self, look: Awaitable[Result]) -> Result:
        """Waits for a look, whose time is not counted."""
        began = workflow.now()
        with afterwards(lambda: self._count_as_look(began)):
            return await look

    def _count_as_look(self, began: datetime) -> None:
        self._looked_for += workflow.now() - began

    def pause(self, at_least: timedelta) -> timedelta:
        """Before a request is sent once more: the longer it goes on, the longer, so that no history grows full."""
        return max(at_least, min(LONGEST_PAUSE_BETWEEN_WRITES, (workflow.now() - self._began) / 4))


def sft_unavailable(what: str, waited: timedelta) -> ApplicationError:
    """The failure of a purchase that SFT kept waiting for too long."""
    hours = waited.total_seconds() / 3600
    return ApplicationError(
        f"{what}: SFT did not answer as it should for {hours:.0f} hours; start the purchase again once it does",
        type=SFT_UNAVAILABLE,
        non_retryable=True,
    )
