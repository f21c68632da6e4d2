"""Turns the SFT client's errors into Temporal's ApplicationErrors, each with its type and the pause before a retry.

The pause overrides the intervals of the retry policy (workflows/policies.py) whenever an attempt fails because of SFT;
the policy's intervals are for every other failure: an attempt that timed out, an empty inventory, an add-on that is not
settled yet, a Temporal server that does not answer.

==========================================  ===========================================================================
an attempt that SFT failed is retried       after
==========================================  ===========================================================================
1st, 2nd, 3rd … 6th and later               1 to 2 s, 2 to 4 s, 4 to 8 s … 30 to 60 s, at random between the two
by a background look at usage               30 times that: 30 to 60 s … half the time to the next, 3 h at most
if SFT asked for a time (Retry-After)       that time, one hour at most, and then the pause above
by a call that is sent once (``ONCE``)      not by Temporal: the workflow looks at the outcome, and decides
==========================================  ===========================================================================
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.messages import LONGEST_RETRY_AFTER_SECONDS
from contract.failure import SFT_AUTHENTICATION_FAILED, SFT_UNAVAILABLE, FailureType
from sft.codes import likeness
from sft.errors import AccountBlocked, AuthenticationFailed, Malformed, NotSent, Rejected, SftError

SFT_UNANSWERED: Final = "SftUnanswered"
"""The request may have been done. Only the workflows see this type; they settle it and never pass it on."""

LONGEST_SFT_PAUSE_SECONDS: Final = 60.0
"""What the pauses before a retry grow to, but for what SFT asks for."""


@contextmanager
def as_application_errors(
    rejected_as: FailureType = SFT_UNAVAILABLE,
    *,
    slowness: float = 1,
    longest_pause_seconds: float = LONGEST_SFT_PAUSE_SECONDS,
) -> Iterator[None]:
    """Raises an ApplicationError for every SftError of its block.

    ``rejected_as`` is the type for a call that SFT refused; ``slowness`` is how many times longer than usual the pauses
    before a retry are, which grow to ``longest_pause_seconds``.

    Raises:
        ApplicationError: of type ``rejected_as`` (never retried, unless it is SftUnavailable),
            ``SftAuthenticationFailed``, ``SftUnavailable`` (certainly not done) or ``SftUnanswered`` (may have
            been done). The last three may be retried where the call is idempotent, after a pause with jitter, so
            that the purchases that waited for SFT do not all come back at the same moment.
    """
    pause = min(longest_pause_seconds, slowness * 2.0 ** min(activity.info().attempt, 20)) * random.uniform(0.5, 1.0)
    try:
        yield
    except Rejected as error:
        final = rejected_as != SFT_UNAVAILABLE
        raise _failure(error, rejected_as, pause, retry=not final) from None
    except AuthenticationFailed as error:
        raise _failure(error, SFT_AUTHENTICATION_FAILED, pause) from None
    except NotSent as error:
        raise _failure(error, SFT_UNAVAILABLE, pause, at_least=error.retry_after_seconds) from None
    except SftError as error:
        raise _failure(error, SFT_UNANSWERED, pause) from None


def _failure(
    error: SftError, failure_type: str, pause_seconds: float, *, retry: bool = True, at_least: float | None = None
) -> ApplicationError:
    asked_for = min(at_least or 0, LONGEST_RETRY_AFTER_SECONDS)
    details: dict[str, object] = {"retry_after_seconds": at_least}
    if error.status is not None:
        details["http_status"] = error.status
    if isinstance(error, AccountBlocked):
        details["is_blocked"] = True
    if isinstance(error, Malformed) and error.told:
        details["told"] = list(error.told)
    if isinstance(error, Rejected):
        details["likeness"] = likeness(error.code, error.description)
    pause = timedelta(seconds=asked_for + pause_seconds) if retry else None
    return ApplicationError(
        str(error),
        details,
        type=failure_type,
        non_retryable=not retry,
        next_retry_delay=pause,
    )
