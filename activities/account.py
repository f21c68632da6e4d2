"""What a worker remembers of refusals that are about the account: the operator's to mend, whoever's purchase met them.

While one stands, no eSIM is activated and no add-on ordered in vain: all purchases wait, and a few try again.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from temporalio.exceptions import ApplicationError

from activities.messages import ACCOUNT_REFUSED
from sft.codes import fault_of, likeness
from sft.errors import AccountRefused, Rejected

Act = Literal["activation", "addon"]
"""What SFT refuses."""

FIRST_PAUSE_SECONDS: Final = 60.0
LONGEST_PAUSE_SECONDS: Final = 900.0
"""After a refusal that is about the account: doubled with each further one in a row."""

OnRefusals = Callable[[Act, bool], None]
"""Told of what is refused for the account's sake, and of what is not any more."""

TRY_SECONDS: Final = 60.0
"""How long one purchase may take to try again, while the others go on waiting."""


@dataclass
class _Matter:
    """The last refusal of an act that may be about the account. It is known to be if ``times`` is not 0: so often was
    it tried again. Until ``until`` nobody tries, and then only ``trying``, an endpoint, until ``tries_until``.
    """

    likeness: str = ""
    plan_id: str | None = None
    endpoint_id: str = ""
    words: str = ""
    times: int = 0
    pause: float = 0.0
    until: float = 0.0
    trying: str = ""
    tries_until: float = 0.0


class SftAccount:
    """The account, as one worker process knows it."""

    def __init__(self, on_refusals: OnRefusals = lambda _act, _stands: None) -> None:
        self._on_refusals = on_refusals
        self._matters: dict[Act, _Matter] = {act: _Matter() for act in get_args(Act)}

    def require_activations(self, endpoint_id: str, *, again: bool = False) -> None:
        """Raises ApplicationError, ``SftRefusesAccount``, if an eSIM that is activated now, or ``again``, could not be
        sold.

        While add-ons are refused, those who hold an eSIM try first: only if none of them does is another activated.
        """
        self._require("activation", endpoint_id)
        self._require("addon", endpoint_id, and_another_pause=not again)

    def require_addons(self, endpoint_id: str) -> None:
        """Raises ApplicationError, ``SftRefusesAccount``, if add-ons were refused just now."""
        self._require("addon", endpoint_id)

    def works(self, act: Act) -> None:
        """SFT has done it."""
        if self._matters[act].times:
            self._on_refusals(act, False)
        self._matters[act] = _Matter()

    def refuse(self, act: Act, error: Rejected | AccountRefused, endpoint_id: str, plan_id: str | None = None) -> None:
        """Raises ApplicationError, ``SftRefusesAccount``, if this refusal is the operator's matter.

        It is if its code or words say so; or if nothing is known about it, and one like it met another eSIM before, of
        another plan if it is about add-ons.
        """
        code, words = (error.code, error.description) if isinstance(error, Rejected) else ("", error.reason)
        fault = "account" if isinstance(error, AccountRefused) else fault_of(code, words)
        if fault in ("plan", "endpoint"):
            return
        alike, before = likeness(code, words), self._matters[act]
        is_alike = before.likeness == alike
        is_others = before.endpoint_id != endpoint_id and (act == "activation" or before.plan_id != plan_id)
        if fault == "unknown" and not (is_alike and (before.times or is_others)):
            if not before.times:
                self._matters[act] = _Matter(alike, plan_id, endpoint_id, str(error))
            return
        if not before.times or before.until <= time.monotonic():  # else it met many at the same time
            self._matters[act] = _Matter(alike, plan_id, endpoint_id, str(error), before.times + 1)
            self._wait(act, self._matters[act])
        if not before.times and fault == "unknown" and act == "activation":
            return  # the purchase that met it is stopped for a person; the others wait
        raise _failure(self._matters[act])

    def _wait(self, act: Act, matter: _Matter) -> None:
        matter.pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(matter.times - 1, 10))
        matter.until = time.monotonic() + matter.pause
        self._on_refusals(act, True)
        # Another worker's purchases may find out that it is over, and this one then has nobody who would try.
        asyncio.get_running_loop().call_later(3 * matter.pause + TRY_SECONDS, self._forget, act, matter)

    def _forget(self, act: Act, matter: _Matter) -> None:
        if self._matters[act] is matter:
            self.works(act)

    def _require(self, act: Act, endpoint_id: str, *, and_another_pause: bool = False) -> None:
        matter, now = self._matters[act], time.monotonic()
        if not matter.times or (matter.trying == endpoint_id and now < matter.tries_until):
            return
        if now < max(matter.until + and_another_pause * matter.pause, matter.tries_until):
            raise _failure(matter)
        matter.trying, matter.tries_until = endpoint_id, now + TRY_SECONDS


def _failure(matter: _Matter) -> ApplicationError:
    left = max(matter.until, matter.tries_until) - time.monotonic()
    return ApplicationError(
        matter.words, {"retry_after_seconds": max(1.0, left)}, type=ACCOUNT_REFUSED, non_retryable=True
    )
