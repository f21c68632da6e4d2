"""What SFT may do late is looked for until its day is over, at ever doubled intervals."""

from datetime import UTC, datetime, timedelta

import pytest

from workflows.state import Watch

BEGAN = datetime(2026, 11, 27, 12, tzinfo=UTC)
DAY = timedelta(hours=24)


def looks(settle: timedelta, each_takes: timedelta = timedelta(0)) -> list[timedelta]:
    """When it is looked, counted from the request, the last of all looks included."""
    watch, seen = Watch(since=BEGAN, due=BEGAN + settle), list[timedelta]()
    while not seen or seen[-1] < DAY:
        seen.append(watch.due - BEGAN)
        assert len(seen) < 50, seen
        watch.looked(watch.due + each_takes, settle)
    return seen


@pytest.mark.parametrize(
    "settle", [timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=3), timedelta(hours=1)]
)
def test_the_last_look_is_when_the_day_is_over_and_not_before(settle: timedelta) -> None:
    assert looks(settle)[-1] == DAY
    assert looks(settle)[-2] < DAY


def test_the_intervals_double() -> None:
    minutes = [look / timedelta(minutes=1) for look in looks(timedelta(minutes=3))]
    assert minutes == [3, 6, 12, 24, 48, 96, 192, 384, 768, 1440]


def test_a_look_that_takes_past_the_end_of_the_day_is_followed_by_the_last_one_at_once() -> None:
    watch = Watch(since=BEGAN, due=BEGAN + timedelta(hours=13))
    watch.looked(BEGAN + DAY + timedelta(hours=2), timedelta(minutes=3))
    assert watch.due == BEGAN + DAY + timedelta(hours=2)
