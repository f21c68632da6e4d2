from datetime import UTC, datetime, timedelta

import pytest

from activities.watched_esim import Cadence
from contract.addon import Addon, Usage, UsageState
from workflows.cadence import JITTER, MOST_PACES, cadence, is_low
from workflows.state import Track

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.cadence.JITTER", 0)


def addon(state: UsageState, remaining: int = 100, expires_at: datetime | None = START + 30 * DAY) -> Addon:
    usage = Usage(
        granted_bytes=100,
        remaining_bytes=remaining,
        state=state,
        starts_at=START,
        expires_at=expires_at,
        as_of=START,
    )
    return Addon(purchase_id="P-1", product="A", plan_id="B", unique_id="1", status="provisioned", usage=usage)


def found(*addons: tuple[Addon, Track], now: datetime = START, is_announced: bool = False) -> Cadence:
    looks = cadence([*addons], now, is_announced=is_announced)
    assert looks is not None
    return looks


def due(*addons: tuple[Addon, Track], now: datetime = START, is_announced: bool = False) -> datetime | None:
    """When the next look is due, after one just now."""
    return found(*addons, now=now, is_announced=is_announced).due_after(now)


def looks_in_its_life(phase: timedelta, low_after: timedelta, endpoint_id: str) -> int:
    """How often a 30-day add-on is looked at that is first seen in use so late, and has little left after that."""
    now, end, track, looks, last = START + phase, START + 30 * DAY, Track(), 0, None
    planned = Cadence()
    while True:
        looks += 1
        read = addon("expired" if now >= end else "in_use", remaining=10 if now - START > low_after else 50)
        assert read.usage is not None
        what = (read.usage.state, read.usage.remaining_bytes)
        if what != last or now == planned.until:
            last, track.gone = what, now >= end
            if is_low(read.usage, now):
                track.close_until = track.close_until or now + 8 * HOUR
            if (again := cadence([(read, track)], now, endpoint_id)) is None:
                return looks
            planned = again
        following = planned.due_after(now)
        assert following is not None
        assert MINUTE < following - now <= 6 * HOUR
        now = following


@pytest.mark.parametrize("low_after", [DAY / 2, 3 * DAY, 24 * DAY, 28.5 * DAY, 40 * DAY], ids=str)
def test_a_30_day_addon_is_never_looked_at_more_than_155_times(
    low_after: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.cadence.JITTER", JITTER)
    phases = [timedelta(minutes=minutes) for minutes in range(0, 360, 17)]
    looks = [looks_in_its_life(phase, low_after, str(number)) for number, phase in enumerate(phases)]
    assert max(looks) <= 155


def test_an_end_that_is_not_known_is_not_waited_for() -> None:
    assert due((addon("in_use", expires_at=None), Track())) == START + 6 * HOUR
    low = addon("in_use", remaining=10, expires_at=None)
    looks = found((low, Track(close_until=START + 8 * HOUR)))
    assert looks.due_after(START) == START + HOUR
    assert looks.due_after(START + 8 * HOUR) == START + 14 * HOUR
    assert looks.until is None
    assert due((addon("used_up", remaining=0, expires_at=None), Track())) == START + 12 * HOUR


def test_what_is_used_up_is_looked_at_again_when_it_may_have_renewed() -> None:
    used_up = (addon("used_up", remaining=0), Track())
    assert due(used_up, now=START + DAY) == START + DAY + 6 * HOUR
    assert due(used_up, now=START + 30 * DAY - HOUR) == START + 30 * DAY + 10 * MINUTE
    assert due(used_up, now=START + 31 * DAY) == START + 31 * DAY + 6 * HOUR
    assert found(used_up, now=START + 31 * DAY).until == START + 32 * DAY
    assert cadence([used_up], START + 33 * DAY) is None


def test_an_end_that_is_near_is_waited_for_and_something_is_decided_then() -> None:
    looks = found((addon("in_use"), Track()))
    assert looks.until == looks.due_after(START + 29 * DAY - HOUR) == START + 29 * DAY
    last_day = found((addon("in_use"), Track()), now=START + 29 * DAY)
    assert last_day.due_after(START + 29 * DAY) == START + 29 * DAY + HOUR
    assert last_day.due_after(START + 30 * DAY - HOUR) == START + 30 * DAY + 10 * MINUTE == last_day.until


def test_the_most_urgent_addon_decides_and_one_that_is_gone_does_not_count() -> None:
    waiting, ending = (addon("waiting_for_first_use"), Track()), (addon("in_use", expires_at=START + DAY), Track())
    assert due(waiting, ending) == START + HOUR
    assert due(waiting, (addon("in_use"), Track(gone=True))) == START + 12 * HOUR
    assert cadence([], START) is None


def test_one_addon_after_the_other_sets_the_pace() -> None:
    low = (addon("in_use", remaining=10, expires_at=None), Track(close_until=START + 8 * HOUR))
    ending = (addon("in_use", expires_at=START + 3 * DAY), Track())
    looks = found(low, ending)
    assert [pace.every for pace in looks.paces] == [HOUR, 6 * HOUR]
    assert looks.until == START + 2 * DAY


def test_what_many_addons_want_is_reckoned_for_a_while_at_a_time() -> None:
    ends = [START + 5 * DAY + number * HOUR for number in range(50)]
    looks = found(*((addon("used_up", remaining=0, expires_at=end), Track()) for end in ends))
    assert len(looks.paces) == MOST_PACES + 1
    assert looks.until is not None
    assert looks.due_after(looks.until - MINUTE) == looks.until < ends[MOST_PACES + 1]


def test_what_one_reading_missed_is_looked_for_again_soon() -> None:
    assert found((addon("used_up"), Track(missed_since=START))).until == START + 10 * MINUTE


def test_an_end_that_sft_did_not_show_in_time_is_looked_for_every_hour() -> None:
    now = START + 30 * DAY + 3 * HOUR
    assert due((addon("in_use"), Track()), now=now) == now + HOUR


def test_what_callbacks_announce_is_looked_for_rarely_and_what_they_do_not_as_ever() -> None:
    never_read = Addon(purchase_id="P-1", product="A", plan_id="B", unique_id="1", status="provisioned")
    assert due((never_read, Track()), is_announced=True) == START + 12 * HOUR
    assert due((addon("waiting_for_first_use"), Track()), is_announced=True) == START + 3 * DAY
    assert due((addon("in_use"), Track()), is_announced=True) == START + 6 * HOUR
    low = (addon("in_use", remaining=10), Track(close_until=START + 8 * HOUR))
    assert due(low, is_announced=True) == START + DAY
    assert due((addon("used_up", remaining=0), Track()), is_announced=True) == START + DAY
    last_day = found((addon("in_use", remaining=50), Track()), now=START + 29.5 * DAY, is_announced=True)
    assert last_day.due_after(START + 29.5 * DAY) == START + 29.75 * DAY
    assert last_day.until == START + 30 * DAY + 10 * MINUTE


def test_endpoints_drift_apart_and_no_pause_is_longer_for_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.cadence.JITTER", JITTER)
    waiting, low = (addon("waiting_for_first_use"), Track()), addon("in_use", remaining=10)
    ids = [str(4_000_000 + number) for number in range(1000)]

    def pauses(one: tuple[Addon, Track]) -> list[timedelta]:
        return [looks.paces[0].every for each in ids if (looks := cadence([one], START, each))]

    shares = [pause / (12 * HOUR) for pause in pauses(waiting)]
    assert 1 - JITTER <= min(shares) < 1 - 0.9 * JITTER
    assert 1 - 0.1 * JITTER < max(shares) <= 1
    assert len(set(shares)) > 600
    assert pauses(waiting) == pauses(waiting)  # a replay comes to the same
    assert set(pauses((low, Track(close_until=START + 8 * HOUR)))) == {HOUR}
