"""The activity that reads what is left of the add-ons on an endpoint."""

import random
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.failures import as_application_errors
from activities.messages import BACKGROUND, UNKNOWN_PLAN, Channel, EsimToRead, InstanceReading, UsageReading
from contract.amounts import DataUnits
from sft.client import SftClient
from sft.models import Benefit, EndpointProfile, PlanInstance
from temporal.digests import WITHOUT_KEYS, Digests

LOOKS_AT_ONCE: Final = 20
"""How many background looks a worker has in hand at once: when SFT is slow, they must not take all its places."""

BACKGROUND_SLOWNESS: Final = 30
"""How many times longer than others a background look that SFT failed waits before it is tried again."""

MOST_BUSY_SECONDS: Final = 60.0
"""How long, at most, a background look that was one too many waits before it is tried again: half of it at least."""


class UsageActivities:
    """Reads usage (GetEndPointProfile).

    ``channels`` is whom this worker can notify of events, ``units`` what a gigabyte is to the seller, ``digests`` makes
    what eSIMs are found by, and ``suspend_empty_after_days`` says for how long one on which nothing is left stays
    active; None is for ever.
    """

    def __init__(
        self,
        client: SftClient,
        channels: list[Channel],
        units: DataUnits = "decimal",
        digests: Digests = WITHOUT_KEYS,
        suspend_empty_after_days: int | None = None,
    ) -> None:
        self._client = client
        self._units = units
        self._channels = channels
        self._digests = digests
        self._suspend_empty_after_days = suspend_empty_after_days
        self._looks = 0

    @activity.defn
    async def read_usage(self, esim: EsimToRead) -> UsageReading:
        """All instances on the endpoint, with what is left of them. One that somebody waits for is never refused.

        Raises:
            ApplicationError: ``Busy`` for a background look that would be one too many; it is worth a retry.
        """
        if activity.info().priority.priority_key != BACKGROUND:
            return await self._read(esim, slowness=1)
        if self._looks >= LOOKS_AT_ONCE:
            pause = timedelta(seconds=random.uniform(MOST_BUSY_SECONDS / 2, MOST_BUSY_SECONDS))
            raise ApplicationError("too many looks at once: this one can wait", type="Busy", next_retry_delay=pause)
        self._looks += 1
        try:
            return await self._read(esim, slowness=BACKGROUND_SLOWNESS)
        finally:
            self._looks -= 1

    async def _read(self, esim: EsimToRead, slowness: float) -> UsageReading:
        with as_application_errors(slowness=slowness):
            profile = await self._client.get_endpoint_profile(esim.endpoint_id)
        return self.reading_of(profile, esim.iccid, esim.msisdn)

    def reading_of(self, profile: EndpointProfile, iccid: str, msisdn: str | None) -> UsageReading:
        """What a profile says about the instances on its endpoint, whose eSIM has these numbers."""
        return UsageReading(
            instances=_instances(profile),
            hidden_plans=profile.hidden_plans,
            channels=self._channels,
            units=self._units,
            suspend_empty_after_days=self._suspend_empty_after_days,
            digests=self._digests.of(iccid, msisdn),
        )


def _instances(profile: EndpointProfile) -> list[InstanceReading]:
    """All instances with their balances, which SFT lists apart, by uniqueId. An endpoint may show thousands: each
    benefit is looked at once."""
    balances = defaultdict[str | None, dict[Benefit, None]](dict)  # in order, and each once: one may come twice
    for benefit in filter(_is_data, profile.benefits):
        balances[benefit.unique_id][benefit] = None
    return [_instance(row, list(balances[row.unique_id])) for row in profile.instances]


def _instance(row: PlanInstance, benefits: list[Benefit]) -> InstanceReading:
    """An instance with its balance. What SFT does not say of one, the other may."""
    balances = [balance for benefit in benefits if (balance := _balance(benefit)) != (None, None)]
    return InstanceReading(
        plan_id=row.plan_id or UNKNOWN_PLAN,
        unique_id=row.unique_id or "",
        granted_bytes=_sum([granted for granted, _ in balances]),
        remaining_bytes=_sum([remaining for _, remaining in balances]),
        starts_at=_believable(row.starts_at, *(benefit.starts_at for benefit in benefits)),
        expires_at=_believable(row.expires_at, *(benefit.expires_at for benefit in benefits)),
    )


def _balance(benefit: Benefit) -> tuple[int | None, int | None]:
    """What was granted and what is left: no less than none is left, and less than none is not granted (unlimited)."""
    granted, remaining = benefit.granted_bytes, benefit.remaining_bytes
    return (
        None if granted is None or granted < 0 else granted,
        None if remaining is None else max(0, remaining),
    )


def _sum(parts: list[int | None]) -> int | None:
    """None if a part is not known: a smaller whole would look like something that was used."""
    known = [part for part in parts if part is not None]
    return sum(known) if known and len(known) == len(parts) else None


def _believable(*moments: datetime | None) -> datetime | None:
    """The first that is one. The year 1 and the year 9999 are ways to say that there is none (assumption)."""
    return next((moment for moment in moments if moment and 2000 <= moment.year < 2200), None)


def _is_data(benefit: Benefit) -> bool:
    return benefit.name is None or benefit.name.upper() == "DATA"
