"""What a reading means for an add-on's usage and for what is told about it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.messages import InstanceReading
from tests.support.seller import PLAN
from tests.support.subscription_states import bought
from workflows.state import Track
from workflows.usage import news_of, read

NOW = datetime(2026, 1, 1, tzinfo=UTC)


HOUR = timedelta(hours=1)


def reading(unique_id: str, remaining: int) -> InstanceReading:
    return InstanceReading(
        plan_id=PLAN,
        unique_id=unique_id,
        granted_bytes=100,
        remaining_bytes=remaining,
        starts_at=NOW - HOUR,
        expires_at=NOW + 24 * 30 * HOUR,
    )


def test_an_answer_that_leaves_an_addon_out_once_is_told_to_nobody() -> None:
    addon, track = bought(1), Track()
    read(addon, track, reading("7", 60), NOW)
    read(addon, track, None, NOW)
    states = [addon.usage and addon.usage.state]
    assert news_of(addon, track, NOW) == []
    read(addon, track, reading("7", 60), NOW + HOUR)
    states.append(addon.usage and addon.usage.state)
    assert states == ["used_up", "in_use"]
    assert news_of(addon, track, NOW + HOUR) == []
    read(addon, track, None, NOW + 2 * HOUR)
    read(addon, track, None, NOW + 3 * HOUR)
    assert news_of(addon, track, NOW + 3 * HOUR) == ["addon_used_80_percent", "addon_used_up"]


def test_an_addon_that_is_there_again_is_told_about_again_when_it_ends() -> None:
    addon, track = bought(1), Track(told=["addon_used_80_percent", "addon_used_up"], missed_since=NOW, gone=True)
    read(addon, track, reading("7", 60), NOW + HOUR)
    assert track.told == ["addon_used_80_percent"]
    assert not track.gone


@pytest.mark.parametrize(
    ("last", "later", "state"),
    [
        (reading("7", 60), HOUR, "used_up"),
        (reading("7", 60), 30 * 24 * HOUR - HOUR, "expired"),
        (reading("7", 100).model_copy(update={"starts_at": None, "expires_at": None}), 90 * 24 * HOUR, "expired"),
        (reading("7", 0), 30 * 24 * HOUR, "used_up"),
    ],
    ids=["in use", "an hour before its end", "never used", "used up"],
)
def test_what_is_dropped_ended_as_its_last_reading_says(last: InstanceReading, later: timedelta, state: str) -> None:
    addon, track = bought(1), Track()
    read(addon, track, last, NOW)
    read(addon, track, None, NOW + later)
    assert addon.usage is not None
    assert addon.usage.state == state


@pytest.mark.parametrize(
    "changes",
    [
        {"starts_at": NOW + 30 * 24 * HOUR, "expires_at": NOW + 60 * 24 * HOUR},
        {"starts_at": None, "expires_at": None},
        {"expires_at": NOW + 60 * 24 * HOUR},
    ],
    ids=["the next period", "a next period that waits for its first use", "an end that was moved"],
)
def test_what_is_full_again_has_renewed_and_is_told_about_again(changes: dict[str, datetime | None]) -> None:
    addon, track = bought(1), Track(told=["addon_used_80_percent"], close_until=NOW)
    read(addon, track, reading("7", 10), NOW)
    read(addon, track, reading("7", 11), NOW + HOUR)
    assert track.told == ["addon_used_80_percent"]
    read(addon, track, reading("7", 100).model_copy(update=changes), NOW + 30 * 24 * HOUR)
    assert (track.told, track.close_until) == ([], None)


def test_what_sft_does_not_say_leaves_the_last_reading_as_it_was() -> None:
    addon, track = bought(1), Track()
    read(addon, track, reading("7", 60), NOW)
    last = addon.usage
    assert last is not None
    moved = {"remaining_bytes": None, "expires_at": NOW + 48 * HOUR}
    read(addon, track, reading("7", 60).model_copy(update=moved), NOW + HOUR)
    assert addon.usage == last.model_copy(update={"expires_at": NOW + 48 * HOUR, "as_of": NOW + HOUR})


DAY = 24 * HOUR


@pytest.mark.parametrize(
    "changes",
    [
        {"starts_at": NOW + 3 * HOUR, "expires_at": NOW + 30 * DAY + 3 * HOUR, "remaining_bytes": 100},
        {"starts_at": NOW + 3 * HOUR, "expires_at": NOW + 30 * DAY + 3 * HOUR, "remaining_bytes": 5},
        {"starts_at": NOW + 3 * HOUR, "expires_at": None, "remaining_bytes": 0},
        {"remaining_bytes": 100},
        {"remaining_bytes": 110, "granted_bytes": 200},
    ],
    ids=["full again", "and nearly used up again", "and used up again", "without other dates", "with what was left"],
)
def test_a_period_that_comes_early_is_told_about_as_one(changes: dict[str, Any]) -> None:
    addon, track = bought(1), Track(told=["addon_used_80_percent", "addon_used_up"], close_until=NOW)
    read(addon, track, reading("7", 0), NOW)
    assert track.told
    read(addon, track, reading("7", 0).model_copy(update=changes), NOW + 4 * HOUR)
    assert (track.told, track.close_until) == ([], None)


@pytest.mark.parametrize(
    "changes",
    [
        {"remaining_bytes": 25},
        {"remaining_bytes": 5},
        {"starts_at": NOW + 8 * HOUR, "expires_at": NOW + 30 * DAY + 9 * HOUR},
        {"expires_at": NOW + 29 * DAY},
    ],
    ids=["corrected", "used", "another time zone", "shortened"],
)
def test_what_only_looks_like_another_period_is_none(changes: dict[str, Any]) -> None:
    addon, track = bought(1), Track(told=["addon_used_80_percent"])
    read(addon, track, reading("7", 10), NOW + 9 * HOUR)
    read(addon, track, reading("7", 10).model_copy(update=changes), NOW + 10 * HOUR)
    assert track.told == ["addon_used_80_percent"]


def test_what_was_told_of_an_end_that_was_none_is_told_again_at_the_right_one() -> None:
    """As after a correction of SFT_TIME_ZONE."""
    addon, track = bought(1), Track()
    early = reading("7", 60).model_copy(update={"expires_at": NOW + 10 * HOUR})
    for now in (NOW, NOW + 11 * HOUR):
        read(addon, track, early, now)
        track.told += news_of(addon, track, now)
    assert track.told == ["addon_expires_soon", "addon_expired"]
    late = reading("7", 60).model_copy(update={"expires_at": NOW + 19 * HOUR})
    read(addon, track, late, NOW + 12 * HOUR)
    assert (addon.usage and addon.usage.state, track.told) == ("in_use", ["addon_expires_soon"])
    read(addon, track, late, NOW + 20 * HOUR)
    assert news_of(addon, track, NOW + 20 * HOUR) == ["addon_expired"]


def test_an_end_that_was_put_off_is_warned_of_again() -> None:
    addon, track = bought(1), Track(told=["addon_expires_soon"])
    read(addon, track, reading("7", 60), NOW)
    assert track.told == []


@pytest.mark.parametrize("back", [{"expires_at": NOW + HOUR}, {"remaining_bytes": 0}], ids=["over", "used up"])
def test_what_comes_back_and_is_over_is_told_no_second_time(back: dict[str, Any]) -> None:
    """SFT shows now and then what it had dropped."""
    addon, track = bought(1), Track()
    ending = reading("7", 60).model_copy(update={"expires_at": NOW + HOUR})
    read(addon, track, ending, NOW)
    for shown in (None, ending.model_copy(update=back), None, ending.model_copy(update=back)):
        read(addon, track, shown, NOW + 2 * HOUR)
        track.told += news_of(addon, track, NOW + 2 * HOUR)
    assert track.told.count("addon_expired") + track.told.count("addon_used_up") == 1


def test_what_was_dropped_and_comes_back_renewed_is_another_period() -> None:
    addon, track = bought(1), Track()
    read(addon, track, reading("7", 10), NOW)
    for now in (NOW + HOUR, NOW + 2 * HOUR):
        read(addon, track, None, now)
        track.told += news_of(addon, track, now)
    assert track.told == ["addon_used_80_percent", "addon_used_up"]
    again = {"starts_at": NOW + 5 * HOUR, "expires_at": NOW + 30 * DAY + 5 * HOUR}
    read(addon, track, reading("7", 90).model_copy(update=again), NOW + 6 * HOUR)
    assert (addon.usage and addon.usage.state, track.told, track.gone) == ("in_use", [], False)


def test_the_end_of_an_addon_without_a_size_is_told() -> None:
    addon, track = bought(1), Track()
    unlimited = reading("7", 0).model_copy(update={"granted_bytes": None, "remaining_bytes": None})
    states = []
    for now in (NOW, NOW + 29 * DAY + HOUR, NOW + 30 * DAY):
        read(addon, track, unlimited, now)
        track.told += news_of(addon, track, now)
        states.append(addon.usage and (addon.usage.state, addon.usage.left))
    assert states == [("in_use", ""), ("in_use", ""), ("expired", "")]
    assert track.told == ["addon_expires_soon", "addon_expired"]
