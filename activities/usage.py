"""The activity that reads what is left of the add-ons on an endpoint."""

import random
from datetime import datetime, timedelta
from typing import Final

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.failures import as_application_errors
from activities.messages import BACKGROUND, Channel, Endpoint, InstanceReading, UsageReading
from sft.client import SftClient
from sft.models import Benefit, EndpointProfile, PlanInstance

LOOKS_AT_ONCE: Final = 20
"""How many background looks a worker has in hand at once: when SFT is slow, they must not take all its places."""

BACKGROUND_SLOWNESS: Final = 30
"""How many times longer than others a background look that SFT failed waits before it is tried again."""

MOST_BUSY_SECONDS: Final = 60.0
"""How long, at most, a background look that was one too many waits before it is tried again: half of it at least."""


class UsageActivities:
    """Reads usage (GetEndPointProfile). ``channels`` is whom this worker can notify of events."""

    def __init__(self, client: SftClient, channels: list[Channel]) -> None:
        self._client = client
        self._channels = channels
        self._looks = 0

    @activity.defn
    async def read_usage(self, endpoint: Endpoint) -> UsageReading:
        """All instances on the endpoint, with what is left of them. One that somebody waits for is never refused.

        Raises:
            ApplicationError: ``Busy`` for a background look that would be one too many; it is worth a retry.
        """
        if activity.info().priority.priority_key != BACKGROUND:
            return await self._read(endpoint, slowness=1)
        if self._looks >= LOOKS_AT_ONCE:
            pause = timedelta(seconds=random.uniform(MOST_BUSY_SECONDS / 2, MOST_BUSY_SECONDS))
            raise ApplicationError("too many looks at once: this one can wait", type="Busy", next_retry_delay=pause)
        self._looks += 1
        try:
            return await self._read(endpoint, slowness=BACKGROUND_SLOWNESS)
        finally:
            self._looks -= 1

    async def _read(self, endpoint: Endpoint, slowness: float) -> UsageReading:
        with as_application_errors(slowness=slowness):
            profile = await self._client.get_endpoint_profile(endpoint.endpoint_id)
        return UsageReading(
            instances=[_instance(plan, profile) for plan in profile.plans],
            channels=self._channels,
        )


def _instance(plan: PlanInstance, profile: EndpointProfile) -> InstanceReading:
    """An instance with its balance, which SFT lists apart, by uniqueId. What it does not say of one, the other may."""
    benefits = [benefit for benefit in profile.benefits if benefit.unique_id == plan.unique_id and _is_data(benefit)]
    granted = [benefit.granted_bytes for benefit in benefits if benefit.granted_bytes is not None]
    remaining = [benefit.remaining_bytes for benefit in benefits if benefit.remaining_bytes is not None]
    return InstanceReading(
        plan_id=plan.plan_id,
        unique_id=plan.unique_id,
        granted_bytes=sum(granted) if granted else None,
        remaining_bytes=sum(remaining) if remaining else None,
        starts_at=_believable(plan.starts_at, *(benefit.starts_at for benefit in benefits)),
        expires_at=_believable(plan.expires_at, *(benefit.expires_at for benefit in benefits)),
    )


def _believable(*moments: datetime | None) -> datetime | None:
    """The first that is one. The year 1 and the year 9999 are ways to say that there is none (assumption)."""
    return next((moment for moment in moments if moment and 2000 <= moment.year < 2200), None)


def _is_data(benefit: Benefit) -> bool:
    return benefit.name is None or benefit.name.upper() == "DATA"
