from datetime import UTC, datetime, timedelta, timezone

import pytest

from tools.simulator.clock import Clock
from tools.simulator.platform import Platform

LATER = datetime(2100, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_it_tells_real_time_in_utc() -> None:
    before = datetime.now(UTC)
    now = Clock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.tzinfo is UTC


def test_pushed_ahead_it_runs_on_from_there() -> None:
    clock = Clock()
    clock.push(3600)
    clock.push(1800.5)
    before = datetime.now(UTC)
    now = clock.now()
    assert before <= now - timedelta(seconds=5400.5) <= datetime.now(UTC)


@pytest.mark.parametrize("seconds", [-0.001, float("nan")])
def test_it_cannot_be_pushed_back(seconds: float) -> None:
    with pytest.raises(ValueError, match="only be pushed ahead"):
        Clock().push(seconds)


def test_set_it_stands_at_exactly_that_moment_until_it_is_set_again() -> None:
    clock = Clock()
    clock.set(LATER)
    assert clock.now() == clock.now() == LATER
    clock.set(LATER + HOUR)
    assert clock.now() == LATER + HOUR


def test_a_moment_that_is_over_is_ignored() -> None:
    clock = Clock()
    clock.set(LATER)
    clock.set(LATER - timedelta(microseconds=1))
    assert clock.now() == LATER


def test_it_never_goes_back_behind_what_it_told_or_was_pushed_to() -> None:
    clock = Clock()
    clock.push(3600)
    clock.set(datetime.now(UTC) + HOUR / 2)
    told = clock.now()
    assert told > datetime.now(UTC) + HOUR / 2
    clock.set(told - timedelta(microseconds=1))
    assert clock.now() > told


def test_it_can_be_stopped_at_what_it_has_just_told() -> None:
    clock = Clock()
    told = clock.now()
    clock.set(told)
    assert clock.now() == told


def test_standing_it_can_be_pushed_and_stands_there() -> None:
    clock = Clock()
    clock.set(LATER)
    clock.push(3600)
    assert clock.now() == clock.now() == LATER + HOUR


def test_a_moment_of_another_time_zone_is_told_in_utc() -> None:
    clock = Clock()
    clock.set(LATER.astimezone(timezone(HOUR)))
    assert clock.now() == LATER
    assert clock.now().tzinfo is UTC


def test_the_platform_lives_by_its_clock_but_its_tokens_do_not() -> None:
    platform = Platform(esims=1, token_seconds=300)
    token = platform.tokens.issue().access
    platform.clock.set(LATER)
    platform.set_status("4000001", "Active")
    assert platform.now() == LATER
    assert [change.at for change in platform.endpoint("4000001").history] == [LATER]
    assert platform.tokens.accepts(token)
