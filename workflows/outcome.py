"""What a workflow may conclude from an activity that failed."""

from datetime import timedelta
from enum import Enum
from typing import Any, Final

from temporalio.exceptions import ActivityError, ApplicationError

from activities.messages import ACCOUNT_REFUSED, LONGEST_RETRY_AFTER_SECONDS
from contract.failure import (
    ACTIVATION_REJECTED,
    ADDON_REJECTED,
    SFT_AUTHENTICATION_FAILED,
    SFT_UNAVAILABLE,
)


class Outcome(Enum):
    """Whether the call was done."""

    REJECTED = "SFT said no"
    ACCOUNT = "SFT said no, which is the operator's to mend"
    NOT_SENT = "certainly not done"
    UNANSWERED = "it may have been done"


OUTCOMES: Final = {
    ACTIVATION_REJECTED: Outcome.REJECTED,
    ADDON_REJECTED: Outcome.REJECTED,
    ACCOUNT_REFUSED: Outcome.ACCOUNT,
    SFT_UNAVAILABLE: Outcome.NOT_SENT,
    SFT_AUTHENTICATION_FAILED: Outcome.NOT_SENT,
}


def outcome_of(error: ActivityError) -> Outcome:
    """Whatever is not certain counts as unanswered: a dead worker, a timeout, a failure that nobody foresaw."""
    return OUTCOMES.get(type_of(error) or "", Outcome.UNANSWERED)


def type_of(error: ActivityError) -> str | None:
    """The type of the ApplicationError that the activity failed with; None if it ended without one (a timeout)."""
    failure = failure_of(error)
    return failure.type if failure else None


def failure_of(error: ActivityError) -> ApplicationError | None:
    """What the last attempt failed with, also where Temporal gave up on the activity for lack of time."""
    cause: BaseException | None = error.cause
    while cause is not None and not isinstance(cause, ApplicationError):
        cause = cause.__cause__
    return cause


def words_of(error: ActivityError) -> str:
    """What the activity failed with, in its own words; Temporal's where it ended without any."""
    failure = failure_of(error)
    return failure.message if failure else str(error)


def not_answered(message: str, error: ActivityError) -> ApplicationError:
    """The failure of what somebody waits for, and asks for again later: ``SftAuthenticationFailed``
    or ``SftUnavailable``."""
    is_refused = type_of(error) == SFT_AUTHENTICATION_FAILED
    return ApplicationError(
        message, type=SFT_AUTHENTICATION_FAILED if is_refused else SFT_UNAVAILABLE, non_retryable=True
    )


def details_of(error: ActivityError) -> dict[str, Any]:
    """What activities/failures.py says beside the words."""
    failure = failure_of(error)
    return failure.details[0] if failure and failure.details else {}


class AccountRefuses(Exception):
    """SFT said no, for what is the operator's to mend: tried again after a pause. The message has SFT's words."""

    def __init__(self, error: ActivityError) -> None:
        super().__init__(words_of(error))
        self.pause = pause_after(error)


def pause_after(error: ActivityError) -> timedelta:
    """How long to wait before a call that SFT did not take is sent again: as long as SFT asks for, within limits."""
    asked_for = details_of(error).get("retry_after_seconds")
    return timedelta(seconds=min(LONGEST_RETRY_AFTER_SECONDS, max(1.0, asked_for or 5.0)))
