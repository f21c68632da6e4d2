"""What a look has to find to be news: everything that is shown at once, or told, or that changes when to look next."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.messages import InstanceReading, UsageReading
from activities.watched_esim import Cadence, KnownAddon, Pace, WatchedEsim
from contract.addon import Addon
from contract.esim import EsimDigests
from workflows.cadence import cadence, is_low
from workflows.state import Track
from workflows.usage import news_of, read
from workflows.usage_watch import _known

NOW = datetime(2026, 1, 10, tzinfo=UTC)
END = NOW + timedelta(days=20)
HOUR = timedelta(hours=1)


def instance(**changes: Any) -> InstanceReading:
    fields = {"plan_id": "P", "unique_id": "7", "granted_bytes": 100, "remaining_bytes": 60}
    dates = {"starts_at": NOW - timedelta(days=10), "expires_at": END}
    return InstanceReading.model_validate(fields | dates | changes)


def known(**changes: Any) -> KnownAddon:
    return KnownAddon.model_validate(instance().model_dump() | {"state": "in_use"} | changes)


def esim(*addons: KnownAddon, **changes: Any) -> WatchedEsim:
    paces = Cadence(paces=[Pace(every=timedelta(hours=6))])
    fields = {"endpoint_id": "4", "iccid": "8932", "known": [*addons], "not_before": NOW, "cadence": paces}
    return WatchedEsim.model_validate(fields | changes)


def is_news(esim: WatchedEsim, *instances: InstanceReading, now: datetime = NOW, **told: Any) -> bool:
    return esim.is_news(UsageReading(instances=[*instances], **told), now)


@pytest.mark.parametrize(
    "changes",
    [
        {"remaining_bytes": 41},
        {"remaining_bytes": 79},
        {"plan_id": "another"},
        {"granted_bytes": None, "remaining_bytes": None},
        {"remaining_bytes": None},
    ],
    ids=str,
)
def test_what_only_moves_a_little_is_no_news(changes: dict[str, Any]) -> None:
    assert not is_news(esim(known()), instance(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"remaining_bytes": 40},
        {"remaining_bytes": 80},
        {"remaining_bytes": 0},
        {"granted_bytes": 101},
        {"expires_at": END + HOUR},
        {"expires_at": None},
        {"starts_at": NOW},
        {"expires_at": NOW},
    ],
    ids=str,
)
def test_a_fifth_and_every_date_and_state_is_news(changes: dict[str, Any]) -> None:
    assert is_news(esim(known()), instance(**changes))


@pytest.mark.parametrize(
    ("last", "now"), [(21, 20), (20, 19), (1, 0), (20, 21)], ids=["80 % used", "less than a fifth", "used up", "more"]
)
def test_a_threshold_is_news_however_little_it_moved(last: int, now: int) -> None:
    assert is_news(esim(known(remaining_bytes=last)), instance(remaining_bytes=now))


def test_a_first_byte_is_news() -> None:
    waiting = known(state="waiting_for_first_use", remaining_bytes=100, starts_at=None, expires_at=None)
    unused = instance(remaining_bytes=100, starts_at=None, expires_at=None)
    assert not is_news(esim(waiting), unused)
    assert is_news(esim(waiting), unused.model_copy(update={"remaining_bytes": 99}))


def test_an_end_that_passes_is_news_although_sft_shows_nothing_else() -> None:
    assert not is_news(esim(known()), instance(), now=END - timedelta(seconds=1))
    assert is_news(esim(known()), instance(), now=END)


def test_what_was_never_read_is_news_once_there_is_something_to_show_of_it() -> None:
    fresh = KnownAddon(unique_id="7", plan_id="P")
    nothing = {"granted_bytes": None, "remaining_bytes": None, "starts_at": None, "expires_at": None}
    assert not is_news(esim(fresh), instance(**nothing))
    assert is_news(esim(fresh), instance(**nothing | {"expires_at": END}))
    assert is_news(esim(fresh), instance())


def test_what_comes_or_goes_is_news() -> None:
    assert is_news(esim(known()))
    assert not is_news(esim(known()), hidden_plans=["P"])
    assert not is_news(esim(known(is_missed=True)))
    assert is_news(esim(known(is_missed=True)), instance())
    assert is_news(esim(known()), instance(), instance(unique_id="8"))
    assert not is_news(esim(known(), others=["8"]), instance(), instance(unique_id="8", remaining_bytes=3))
    assert is_news(esim(known(), others=["8"]), instance())


@pytest.mark.parametrize(
    "told",
    [
        {"channels": ["portal"]},
        {"suspend_empty_after_days": 4},
        {"digests": EsimDigests(iccid="x")},
        {"is_announced": True},
        {"is_limited": True},
    ],
    ids=str,
)
def test_a_worker_that_is_set_up_otherwise_is_news(told: dict[str, Any]) -> None:
    assert is_news(esim(known()), instance(), **told)
    assert not is_news(esim(known(), **told), instance(), **told)


def test_whatever_changes_what_is_told_or_when_to_look_is_news() -> None:
    """The rule against what the workflow makes of each reading: nothing is left out that would have an event, another
    state, or a look sooner."""
    amounts = [None, 0, 19, 20, 21, 60, 99, 100]
    starts, ends = (None, NOW - timedelta(days=10)), (None, NOW, NOW + HOUR, END)
    rows = [
        instance(remaining_bytes=left, starts_at=start, expires_at=end)
        for left in amounts
        for start in starts
        for end in ends
    ]
    for first in rows:
        for second in rows:
            addon = Addon(purchase_id="P-1", product="A", plan_id="P", unique_id="7", status="provisioned")
            track = Track()
            read(addon, track, first, NOW)
            track.told += news_of(addon, track, NOW)
            watched, before = esim(_known(addon, track)), addon.usage
            later = NOW + timedelta(minutes=1)
            quiet = cadence([(addon, track)], later)
            read(addon, track, second, later)
            is_told = bool(news_of(addon, track, later))
            state = (before and before.state, bool(before and is_low(before, later)))
            changed = state != (addon.usage and addon.usage.state, bool(addon.usage and is_low(addon.usage, later)))
            if is_told or changed or quiet != cadence([(addon, track)], later):
                assert watched.is_news(UsageReading(instances=[second]), later), (first, second)
