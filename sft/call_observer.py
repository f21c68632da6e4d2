"""Observing every HTTP call to SFT: which it was, how it ended and how long it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal, Protocol

from sft.errors import AuthenticationFailed, Malformed, NotSent, Rejected

Outcome = Literal["ok", "rejected", "not_sent", "unanswered", "malformed", "authentication_failed"]


class CallObserver(Protocol):
    """Called once for every call, when it is over. ``call`` is its name on the wire; it took ``seconds``."""

    def __call__(self, call: str, outcome: Outcome, seconds: float) -> None: ...


def unobserved(call: str, outcome: Outcome, seconds: float) -> None:
    """The observer of a client that nobody observes: does nothing."""


@contextmanager
def observed_call(call: str, observer: CallObserver) -> Iterator[None]:
    """Times the call of its block, from before it is sent until its answer was read, and reports it to the observer.

    A call that its caller gives up (cancellation) counts as unanswered.
    """
    began = time.monotonic()
    outcome: Outcome = "unanswered"
    try:
        yield
        outcome = "ok"
    except Exception as error:
        outcome = _outcome(error)
        raise
    finally:
        observer(call, outcome, time.monotonic() - began)


# AuthenticationFailed is a NotSent, and so comes before it.
OUTCOMES: Final[tuple[tuple[type[Exception], Outcome], ...]] = (
    (Rejected, "rejected"),
    (AuthenticationFailed, "authentication_failed"),
    (NotSent, "not_sent"),
    (Malformed, "malformed"),
)


def _outcome(error: Exception) -> Outcome:
    return next((outcome for kind, outcome in OUTCOMES if isinstance(error, kind)), "unanswered")
