"""Every HTTP call to SFT, counted and timed, and how the login stands."""

import logging
from datetime import timedelta
from typing import Final, get_args

from temporalio.common import MetricMeter

from activities.account import Act
from sft.call_observer import Outcome
from sft.login_gate import LoginState

CALLS: Final = "sft_calls"
DURATION: Final = "sft_call_duration"
LOGIN_REFUSED: Final = "sft_login_refused"
ACCOUNT_REFUSED: Final = "sft_account_refused"

LOGIN: Final[dict[LoginState, str]] = {
    "accepted": "SFT takes the login again",
    "refused": "SFT refuses the login: correct SFT_USERNAME and SFT_PASSWORD and restart the workers",
    "blocked": "SFT has blocked the account: only a reset of its password at SFT helps. Nothing goes on by itself",
}

logger = logging.getLogger("worker")


class SftCalls:
    """Observes the calls of an SFT client: counts and times them on a meter of the SDK."""

    def __init__(self, meter: MetricMeter) -> None:
        self._calls = meter.create_counter(CALLS, "HTTP calls to SFT, by how they ended")
        self._duration = meter.create_histogram_timedelta(DURATION, "HTTP calls to SFT, by how long they took", "s")

    def __call__(self, call: str, outcome: Outcome, seconds: float) -> None:
        self._calls.add(1, {"call": call, "outcome": outcome})
        self._duration.record(timedelta(seconds=seconds), {"call": call})


class SftLogins:
    """Shows and logs whether SFT refuses this worker's credentials: after a refusal there are hardly any calls."""

    def __init__(self, meter: MetricMeter) -> None:
        self._refused = meter.create_gauge(LOGIN_REFUSED, "Whether SFT refuses the login, by why")
        self._state: LoginState = "accepted"
        self._show()

    def __call__(self, state: LoginState) -> None:
        if state != self._state:
            logger.log(logging.INFO if state == "accepted" else logging.ERROR, LOGIN[state])
        self._state = state
        self._show()

    def _show(self) -> None:
        for why in ("refused", "blocked"):
            self._refused.set(int(self._state == why), {"why": why})


class SftRefusals:
    """Shows and logs what SFT refuses for the account's sake."""

    def __init__(self, meter: MetricMeter) -> None:
        self._refused = meter.create_gauge(
            ACCOUNT_REFUSED, "Whether SFT refuses what is the operator's to mend, by what"
        )
        for act in get_args(Act):
            self._refused.set(0, {"act": act})

    def __call__(self, act: Act, stands: bool) -> None:
        self._refused.set(int(stands), {"act": act})
        if stands:
            logger.error("SFT refuses every %s: the operator's matter, purchases wait and try again", act)
