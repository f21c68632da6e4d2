"""What an eSIM costs for as long as it lives: actions and events, exactly, whatever machine this is."""

from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.support.weeks import Life, lived
from tools.bench.world import DAY

WAITS = 20 * DAY
"""How long an ordinary add-on waits for its first use."""

LASTS = 9.9 * DAY
"""How long it is used then: ten days, but that no look comes just when a mark is reached."""

pytestmark = pytest.mark.usefixtures("exactly")

TOLD = {"post_event": 2, "send_notice": 2}
"""That four fifths were used, and that it was used up, to the portal and to the traveler."""


def used(day: float) -> float:
    return day / (LASTS / DAY)


def assert_asleep(life: Life) -> None:
    """It has nothing left, and nothing to do."""
    assert life.usage.state == "used_up"
    assert life.portal.types == ["addon_used_80_percent", "addon_used_up"]
    [lived, asleep] = life.runs
    assert len(lived) < 110  # of which a third tells of it, to two who hear
    assert len(asleep) == 4  # its start, and one workflow task
    assert asleep[0].workflow_execution_started_event_attributes.input.ByteSize() < 2_000


async def test_an_ordinary_month_takes_some_hundred_actions_and_then_none(skipping: WorkflowEnvironment) -> None:
    life = await lived(skipping, 90, used, waits=WAITS)
    assert_asleep(life)
    assert len(life.world.looks) == 1 + 40 + 32 + 8 + 8
    # Once for each look, and once for each time that something new was found and the next look had to be waited for.
    looks = len(life.world.looks) + 7
    assert life.actions == {"watch_usage": looks, "continue as new": 1, "search attributes": 1} | TOLD
    assert life.actions.total() - sum(TOLD.values()) < 100


async def test_a_month_with_callbacks_takes_some_fifty(skipping: WorkflowEnvironment) -> None:
    announced = (WAITS + timedelta(minutes=1), WAITS + LASTS + timedelta(minutes=1))
    life = await lived(skipping, 90, used, waits=WAITS, announced=announced, sft_callbacks=True)
    assert_asleep(life)
    assert len(life.world.looks) == 1 + 6 + 1 + 32 + 1 + 2
    looks = len(life.world.looks) + 9
    expected = {"watch_usage": looks, "signal": 2, "continue as new": 1, "search attributes": 1}
    assert life.actions == expected | TOLD
    assert life.actions.total() <= 60


async def test_an_announcement_that_got_lost_is_made_up_for(skipping: WorkflowEnvironment) -> None:
    life = await lived(skipping, 40, used, waits=WAITS, sft_callbacks=True)
    assert_asleep(life)
    assert life.world.began is not None
    begun = life.world.began + WAITS
    warned, ended = (event.occurred_at - begun for event in life.portal.events)
    assert timedelta(0) <= warned - 0.8 * LASTS <= timedelta(hours=6)
    assert timedelta(0) <= ended - LASTS <= DAY
    assert min(look for look in life.world.looks if look > timedelta(0)) <= 3 * DAY
