from datetime import UTC, datetime, timedelta

import pytest

from contract.addon import Addon, Usage, UsageState
from workflows.cadence import is_low, next_look
from workflows.state import Track

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


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


def looks_in_its_life(phase: timedelta, low_after: timedelta) -> int:
    """How often a 30-day add-on is looked at that is first seen in use so late, and has little left after that."""
    now, end, track, looks = START + phase, START + 30 * DAY, Track(), 0
    while True:
        looks += 1
        read = addon("expired" if now >= end else "in_use", remaining=10 if now - START > low_after else 50)
        assert read.usage is not None
        track.gone = now >= end
        track.close_looks += is_low(read.usage, now)
        due = next_look([(read, track)], now)
        if due is None:
            return looks
        assert due - now <= 6 * HOUR
        now = due


@pytest.mark.parametrize("low_after", [DAY / 2, 3 * DAY, 24 * DAY, 28.5 * DAY, 40 * DAY], ids=str)
def test_a_30_day_addon_is_never_looked_at_more_than_150_times(low_after: timedelta) -> None:
    phases = [timedelta(minutes=minutes) for minutes in range(0, 360, 17)]
    assert max(looks_in_its_life(phase, low_after) for phase in phases) <= 150


def test_an_end_that_is_not_known_is_not_waited_for() -> None:
    assert next_look([(addon("in_use", expires_at=None), Track())], START) == START + 6 * HOUR
    assert next_look([(addon("in_use", remaining=10, expires_at=None), Track())], START) == START + HOUR
    assert next_look([(addon("used_up", remaining=0, expires_at=None), Track())], START) == START + 12 * HOUR


def test_what_is_used_up_is_looked_at_again_when_it_may_have_renewed() -> None:
    used_up = addon("used_up", remaining=0)
    assert next_look([(used_up, Track())], START + DAY) == START + DAY + 6 * HOUR
    assert next_look([(used_up, Track())], START + 30 * DAY - HOUR) == START + 30 * DAY + timedelta(minutes=10)
    assert next_look([(used_up, Track())], START + 31 * DAY) == START + 31 * DAY + 6 * HOUR
    assert next_look([(used_up, Track())], START + 33 * DAY) is None


def test_the_most_urgent_addon_decides_and_one_that_is_gone_does_not_count() -> None:
    waiting, ending = (addon("waiting_for_first_use"), Track()), (addon("in_use", expires_at=START + DAY), Track())
    assert next_look([waiting, ending], START) == START + HOUR
    assert next_look([waiting, (addon("in_use"), Track(gone=True))], START) == START + 12 * HOUR
    assert next_look([], START) is None


def test_what_one_reading_missed_is_looked_for_again_soon() -> None:
    assert next_look([(addon("used_up"), Track(missed_since=START))], START) == START + timedelta(minutes=10)


def test_an_end_that_sft_did_not_show_in_time_is_looked_for_every_hour() -> None:
    now = START + 30 * DAY + 3 * HOUR
    assert next_look([(addon("in_use"), Track())], now) == now + HOUR
