"""Every HTTP call to SFT, counted and timed."""

from datetime import timedelta
from typing import Final

from temporalio.common import MetricMeter

from sft.call_observer import Outcome

CALLS: Final = "sft_calls"
DURATION: Final = "sft_call_duration"


class SftCalls:
    """Observes the calls of an SFT client: counts and times them on a meter of the SDK."""

    def __init__(self, meter: MetricMeter) -> None:
        self._calls = meter.create_counter(CALLS, "HTTP calls to SFT, by how they ended")
        self._duration = meter.create_histogram_timedelta(DURATION, "HTTP calls to SFT, by how long they took", "s")

    def __call__(self, call: str, outcome: Outcome, seconds: float) -> None:
        self._calls.add(1, {"call": call, "outcome": outcome})
        self._duration.record(timedelta(seconds=seconds), {"call": call})
