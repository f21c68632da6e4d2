"""The main scenarios under each habit that the platform may have, and under random mixes of them."""

import os
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from temporalio.client import Client

from sft.transcript import Recorded, recorded
from tests.support.life import Life, settings_under
from tests.support.seller import seller
from tests.support.telling import long_but
from tools.simulator.habits.catalog import HABITS, mix

TRANSCRIPTS = sorted((Path(__file__).parents[1] / "sft" / "transcripts").glob("*.jsonl"))

UNDER_WHICH_ESIMS_ARE_SOLD = [habit.name for habit in HABITS.values() if not habit.stops_sales]

EXAMPLES: Final = os.environ.get("HABIT_EXAMPLES")
"""How many random mixes; if absent, a few that are always the same. Each takes half a minute."""

TELLING = ("refused_although_done", "subscribe_tells_nothing", "state_nobody_knows")


async def lives(client: Client, habits: list[str], transcript: Sequence[Recorded] = (), **changes: Any) -> None:
    """A seller whose platform has these habits sells eSIMs, and everything happens to them that does."""
    async with seller(client, transcript=transcript, **settings_under(habits), **changes) as shop:
        shop.platform.habits.have(habits)
        async with shop.working():
            await Life(shop).goes_through()


@pytest.mark.parametrize("habit", long_but(TELLING, UNDER_WHICH_ESIMS_ARE_SOLD))
async def test_all_goes_through_under_each_habit(client: Client, habit: str) -> None:
    await lives(client, [habit])


@pytest.mark.parametrize("seed", long_but([0], range(4)))
async def test_all_goes_through_under_some_mixes(client: Client, seed: int) -> None:
    await lives(client, mix(Random(seed)))


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
async def test_all_goes_through_at_an_sft_like_that_of_a_transcript(client: Client, path: Path) -> None:
    await lives(client, [], list(recorded(path)))


@pytest.mark.many
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("call", ["EndPointLifeCycleChange", "EndPointActivation"])
@settings(
    max_examples=int(EXAMPLES or 3),
    derandomize=EXAMPLES is None,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 10**6), most=st.integers(2, 12))
async def test_all_goes_through_under_random_mixes(client: Client, call: str, seed: int, most: int) -> None:
    await lives(client, mix(Random(seed), most), sft_activation_call=call)
