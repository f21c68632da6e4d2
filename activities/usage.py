"""The activities that read what is left of the add-ons on an endpoint: once, or again and again until it is news."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.failures import LONGEST_SFT_PAUSE_SECONDS, as_application_errors
from activities.messages import UNKNOWN_PLAN, Channel, EsimToRead, InstanceReading, UsageReading
from activities.watched_esim import LOOK_LIMIT, WatchedEsim, WatchedUsage
from contract.amounts import DataUnits
from sft.client import SftClient
from sft.iccid import is_another_iccid
from sft.models import Benefit, EndpointProfile, PlanInstance
from temporal.digests import WITHOUT_KEYS, Digests

LOOKS_AT_ONCE: Final = 20
"""How many background looks a worker has in hand at once: when SFT is slow, the others wait in their queue."""

BACKGROUND_SLOWNESS: Final = 30
"""How many times longer than others a background look that SFT failed waits before it is tried again."""

LONGEST_PAUSE: Final = timedelta(hours=3)
"""What that pause grows to, where the next look is not due sooner."""

NOTHING_NEW: Final = "NothingNew"
"""The type of the failure of a look that is not due yet, or found what is known. It is tried again when it is due."""


class UsageActivities:
    """Reads usage (GetEndPointProfile).

    ``channels`` is whom this worker can notify of events, ``units`` what a gigabyte is to the seller, ``digests`` makes
    what eSIMs are found by, ``suspend_empty_after_days`` says for how long one on which nothing is left stays active
    (None is for ever), ``is_announced`` whether SFT's callbacks announce first uses, renewals and ends, and
    ``is_limited`` whether there is a ceiling over the calls to SFT right now.
    """

    def __init__(
        self,
        client: SftClient,
        channels: list[Channel],
        units: DataUnits = "decimal",
        digests: Digests = WITHOUT_KEYS,
        suspend_empty_after_days: int | None = None,
        *,
        is_announced: bool = False,
        is_limited: Callable[[], bool] = lambda: False,
    ) -> None:
        self._client = client
        self._units = units
        self._channels = channels
        self._digests = digests
        self._suspend_empty_after_days = suspend_empty_after_days
        self._is_announced = is_announced
        self._is_limited = is_limited

    @activity.defn
    async def read_usage(self, esim: EsimToRead) -> UsageReading:
        """All instances on the endpoint, with what is left of them."""
        return await self._read(esim)

    @activity.defn
    async def watch_usage(self, esim: WatchedEsim) -> WatchedUsage:
        """Looks when that is due, and answers once what is there is news, or has to be known.

        Nothing is read when SFT does not answer for ``LOOK_LIMIT`` after the moment at which it has to be; nor where
        there is a ceiling over the calls to SFT that does not count the task queue which this comes from.

        Raises:
            ApplicationError: ``NothingNew`` otherwise, and what ``as_application_errors`` raises if SFT does not answer
                as it should: Temporal tries it again, without end.
        """
        now = activity.info().started_time  # the server's clock, which is the workflow's
        if now < esim.not_before:
            raise _nothing_new(esim.not_before - now)
        if self._is_limited() and not esim.is_limited:
            return WatchedUsage(is_limited=True)
        try:
            reading = await self._read(esim, BACKGROUND_SLOWNESS, _longest_pause(esim, now))
        except ApplicationError:
            if esim.is_last(now - LOOK_LIMIT):
                return WatchedUsage(is_limited=esim.is_limited, looked_at=now)
            raise
        if esim.is_last(now) or esim.is_news(reading, now):
            return WatchedUsage(reading=reading, is_limited=reading.is_limited, looked_at=now)
        raise _nothing_new(esim.due_after(now) - now)

    async def _read(
        self, esim: EsimToRead, slowness: float = 1, longest_pause_seconds: float = LONGEST_SFT_PAUSE_SECONDS
    ) -> UsageReading:
        with as_application_errors(slowness=slowness, longest_pause_seconds=longest_pause_seconds):
            profile = await self._client.get_endpoint_profile(esim.endpoint_id)
        reading = self.reading_of(profile, esim.iccid, esim.msisdn)
        if reading.other_iccid:
            activity.logger.warning("Endpoint %s has another SIM at SFT than the one that was sold", esim.endpoint_id)
        return reading

    def reading_of(self, profile: EndpointProfile, iccid: str, msisdn: str | None) -> UsageReading:
        """What a profile says about the instances on its endpoint, whose eSIM has these numbers."""
        return UsageReading(
            instances=_instances(profile),
            hidden_plans=profile.hidden_plans,
            channels=self._channels,
            units=self._units,
            suspend_empty_after_days=self._suspend_empty_after_days,
            digests=self._digests.of(iccid, msisdn),
            is_announced=self._is_announced,
            is_limited=self._is_limited(),
            other_iccid=profile.iccid if profile.iccid and iccid and is_another_iccid(profile.iccid, iccid) else None,
        )


def _nothing_new(pause: timedelta) -> ApplicationError:
    # Benign: the ordinary state of an eSIM, which no log and no dashboard has to tell.
    category = ApplicationErrorCategory.BENIGN
    return ApplicationError("nothing new", type=NOTHING_NEW, next_retry_delay=pause, category=category)


def _longest_pause(esim: WatchedEsim, now: datetime) -> float:
    """Half the time to the next look, in seconds: an outage costs no more looks than an ordinary day twice over. Where
    something has to be decided, a quarter of the time that there is for that."""
    left = LOOK_LIMIT / 2 if esim.is_last(now) else esim.due_after(now) - now
    return max(LONGEST_SFT_PAUSE_SECONDS, min(LONGEST_PAUSE, left / 2).total_seconds())


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
