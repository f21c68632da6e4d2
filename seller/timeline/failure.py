"""What failed, read from a failure that Temporal keeps, without the SDK's errors."""

from dataclasses import dataclass
from typing import Any, Final

from temporalio.api.enums.v1 import ApplicationErrorCategory, TimeoutType
from temporalio.api.failure.v1 import Failure

from seller.timeline.opened import object_of
from temporal.encryption.sealed import why_sealed

BENIGN = ApplicationErrorCategory.APPLICATION_ERROR_CATEGORY_BENIGN

TIMEOUTS: Final[dict[TimeoutType.ValueType, str]] = {
    TimeoutType.TIMEOUT_TYPE_HEARTBEAT: "the worker that had it was not heard of any more: it died, or hung",
    TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE: "the worker that had it took longer than an attempt may take",
    TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START: "no worker took it for as long as it could wait",
    TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE: "it was given up, as it could wait no longer",
}
"""What Temporal's time-outs mean: none of them is SFT's, or of whoever was to be told."""


@dataclass(frozen=True)
class Failed:
    """``type`` is ours (a failure type of the contract or of the activities), or None: then Temporal gave up, for a
    time-out say. ``http_status`` is that of SFT's answer, None if there was none or nobody wrote it down."""

    type: str | None
    words: str
    http_status: int | None = None
    is_benign: bool = False

    @property
    def said(self) -> str:
        """The words, with the HTTP status where they do not name it."""
        status = self.http_status
        return self.words if status is None or str(status) in self.words else f"{self.words} (HTTP {status})"


def failed_with(failure: Failure) -> Failed:
    """The failure, or the last of what it was caused by that is ours."""
    chain = [failure]
    while chain[-1].HasField("cause"):
        chain.append(chain[-1].cause)
    ours = [one for one in chain if one.HasField("application_failure_info")]
    told = ours[0] if ours else chain[-1]
    info, details = told.application_failure_info, _details(told)
    status = details.get("http_status")
    return Failed(
        type=info.type if ours else None,
        words=_words(told) or "it did not say why",
        http_status=status if isinstance(status, int) else None,
        is_benign=info.category == BENIGN,
    )


def _words(failure: Failure) -> str:
    if failure.HasField("timeout_failure_info"):
        return TIMEOUTS.get(failure.timeout_failure_info.timeout_type, failure.message)
    if not failure.HasField("encoded_attributes"):
        return failure.message
    if why := why_sealed([failure.encoded_attributes]):
        return f"the reason {why}"
    return str((object_of(failure.encoded_attributes) or {}).get("message", failure.message))


def _details(failure: Failure) -> dict[str, Any]:
    payloads = failure.application_failure_info.details.payloads
    return (object_of(payloads[0]) if payloads else None) or {}
