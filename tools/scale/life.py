"""What travelers do with an eSIM: when they use it first, how fast, and so what has to be told of it, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from contract.time_limits import SOON
from tools.simulator.endpoint import AddonInstance
from tools.simulator.plan import Plan
from tools.simulator.platform import Platform
from workflows.cadence import IN_USE
from workflows.usage import SETTLED, TOLD_BEFORE

DAY: Final = timedelta(days=1)
WARNED_AT: Final = 0.8
"""Of the add-on: the share that is used when its traveler is told for the first time."""

PLAN: Final = Plan(plan_id="PLAN-MONTH", name="Month", granted_bytes=10**10, validity_days=30)

WORKING: Final = timedelta(minutes=1)
"""What is allowed for the work itself, beside what the table of the cadence says."""


@dataclass(frozen=True)
class Kind:
    """A kind of life. ``lasts`` is how long an add-on would be used until it is used up, and may be longer than it is
    valid. ``is_announced`` is whether SFT's callbacks tell of first use and end."""

    name: str
    words: str
    waits: timedelta
    lasts: timedelta
    is_announced: bool = False

    @property
    def is_used_up(self) -> bool:
        """Whether it ends that way, and does not expire before."""
        return self.lasts < PLAN.validity_days * DAY

    @property
    def promised(self) -> Mapping[str, timedelta]:
        """How long after it happened each event is told at most, by the table of the cadence."""
        used_up = SOON if self.is_announced else IN_USE
        ends = {"addon_used_up": used_up + SETTLED} if self.is_used_up else {"addon_expired": SETTLED}
        before = {} if self.is_used_up else {"addon_expires_soon": timedelta(0)}
        return {"addon_used_80_percent": IN_USE, **before, **ends}


USED_UP: Final = "waits 20 days for its first use, and is used up in 10"

KINDS: Final = (
    Kind("ordinary", USED_UP, 20 * DAY, 9.9 * DAY),
    Kind("announced", f"{USED_UP}; SFT's callbacks announce both", 20 * DAY, 9.9 * DAY, is_announced=True),
    Kind("steady", "is used from the first day on, and expires after 30 with a little left", DAY / 2, 31.5 * DAY),
)


@dataclass(frozen=True)
class Life:
    """One eSIM's, from the moment of its sale. ``first_use`` differs from one life to the next, by hours."""

    kind: Kind
    first_use: datetime
    instance: AddonInstance

    @property
    def happens(self) -> dict[str, datetime]:
        """When it is that each event tells of."""
        expires = self.first_use + PLAN.validity_days * DAY
        end, before = ("addon_used_up", self.used_up) if self.kind.is_used_up else ("addon_expired", expires), {}
        if not self.kind.is_used_up:
            before = {"addon_expires_soon": expires - TOLD_BEFORE}
        return {"addon_used_80_percent": self.first_use + WARNED_AT * self.kind.lasts, **before, end[0]: end[1]}

    @property
    def used_up(self) -> datetime:
        """When nothing is left, if it does not expire before."""
        return self.first_use + self.kind.lasts

    @property
    def announced(self) -> list[datetime]:
        """When SFT's callbacks arrive."""
        return [self.first_use, self.used_up] if self.kind.is_announced else []

    def catch_up(self, sft: Platform, endpoint_id: str, now: datetime) -> None:
        """Lets happen at SFT what the traveler did until now."""
        if now < self.first_use or self.instance not in sft.endpoint(endpoint_id).addons:
            return
        if self.instance.starts_at is None:  # the first use, which was at its own time, not at that of the next look
            self.instance.starts_at = self.first_use
            self.instance.expires_at = self.first_use + PLAN.validity_days * DAY
        granted = PLAN.granted_bytes
        used = int(min(1.0, (now - self.first_use) / self.kind.lasts) * granted)
        sft.use(endpoint_id, max(0, used - (granted - self.instance.remaining_bytes)), self.instance.unique_id)
