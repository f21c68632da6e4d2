"""Chaos: a fault of some kind on a share of all calls, repeatable by its seed."""

from collections import Counter
from random import Random
from typing import Final, Self

from pydantic import BaseModel, Field, PrivateAttr, model_validator

from tools.simulator.call import Call
from tools.simulator.fault import KINDS, Fault, Kind, can_hit

BUSINESS_KINDS: Final[tuple[Kind, ...]] = ("rejected", "already_active", "coded")
REFUSING_KINDS: Final[tuple[Kind, ...]] = ("expired_http", "expired_envelope", "rejected", "coded")
ERROR_STATUSES: Final = (500, 502, 503, 504)
TIMEOUT_STATUSES: Final = (200, 408, 500, 504)


class Chaos(BaseModel, extra="forbid"):
    """Which share of the calls is hit, by which kinds: by default all but those that are a decision of SFT's.

    What hits the n-th call of one name about one endpoint depends on the seed, not on how calls interleave. A login is
    never refused by chance: SFT decides that, and everybody waits a minute and more after it. It can be ordered.
    """

    rate: float = Field(ge=0, le=1)
    seed: int = 0
    kinds: list[Kind] = Field(
        default_factory=lambda: [kind for kind in KINDS if kind not in BUSINESS_KINDS], min_length=1
    )
    delay_seconds: tuple[float, float] = (0.1, 2.0)
    """The bounds of ``delay`` and ``late``."""

    _seen: Counter[tuple[str, str | None]] = PrivateAttr(default_factory=Counter)

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Self:
        low, high = self.delay_seconds
        if not 0 <= low <= high:
            raise ValueError("delay_seconds must be two numbers, the lower one first, neither below 0")
        return self

    def take(self, call: Call, endpoint_id: str | None) -> Fault | None:
        """The fault that hits this call, if any."""
        self._seen[call, endpoint_id] += 1
        random = Random(f"{self.seed}/{call}/{endpoint_id}/{self._seen[call, endpoint_id]}")
        refused = REFUSING_KINDS if call == "login" else ()
        kinds = [kind for kind in self.kinds if can_hit(kind, call) and kind not in refused]
        if random.random() >= self.rate or not kinds:
            return None
        return self._fault(random, random.choice(kinds))

    def _fault(self, random: Random, kind: Kind) -> Fault:
        return Fault(
            call="*",
            kind=kind,
            delay_seconds=random.uniform(*self.delay_seconds),
            status=random.choice(TIMEOUT_STATUSES if kind == "timeout_text" else ERROR_STATUSES),
            done=random.random() < 0.5,
            retry_after=random.choice((None, 1)),
        )
