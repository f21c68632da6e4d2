"""From what the SFT client concludes to what Temporal and the workflows can act on."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from temporalio import activity
from temporalio.exceptions import ApplicationError

from contract.failure import SFT_AUTHENTICATION_FAILED, SFT_UNAVAILABLE, FailureType
from sft.errors import AuthenticationFailed, NotSent, Rejected, SftError

SFT_UNANSWERED: Final = "SftUnanswered"
"""The request may have been done. Only the workflows see this type; they settle it and never pass it on."""

LONGEST_PAUSE_SECONDS: Final = 60.0

MOST_ASKED_FOR_SECONDS: Final = 3600.0
"""Of what SFT asks for in Retry-After: a mistake in it must not stop a sale for a day."""


@contextmanager
def as_application_errors(rejected_as: FailureType = SFT_UNAVAILABLE, *, slowness: float = 1) -> Iterator[None]:
    """Turns the client's errors into ApplicationErrors: ``rejected_as`` is what a refusal by SFT means here.

    ``slowness`` is how many times longer than usual the pauses before a retry are.

    Raises:
        ApplicationError: of type ``rejected_as`` (never retried, unless it is SftUnavailable),
            ``SftAuthenticationFailed``, ``SftUnavailable`` (certainly not done) or ``SftUnanswered`` (may have
            been done). The last three may be retried where the call is idempotent, after a pause with jitter, so
            that the purchases that waited for SFT do not all come back at the same moment.
    """
    try:
        yield
    except Rejected as error:
        final = rejected_as != SFT_UNAVAILABLE
        raise _failure(error, rejected_as, slowness, retry=not final) from None
    except AuthenticationFailed as error:
        raise _failure(error, SFT_AUTHENTICATION_FAILED, slowness) from None
    except NotSent as error:
        raise _failure(error, SFT_UNAVAILABLE, slowness, at_least=error.retry_after_seconds) from None
    except SftError as error:
        raise _failure(error, SFT_UNANSWERED, slowness) from None


def _failure(
    error: SftError, failure_type: str, slowness: float, *, retry: bool = True, at_least: float | None = None
) -> ApplicationError:
    asked_for = min(at_least or 0, MOST_ASKED_FOR_SECONDS)
    pause = timedelta(seconds=asked_for + slowness * _pause_seconds(activity.info().attempt)) if retry else None
    return ApplicationError(
        str(error),
        {"retry_after_seconds": at_least},
        type=failure_type,
        non_retryable=not retry,
        next_retry_delay=pause,
    )


def _pause_seconds(attempt: int) -> float:
    growing = min(LONGEST_PAUSE_SECONDS, 2.0 ** min(attempt, 10))
    return growing * random.uniform(0.5, 1.0)
