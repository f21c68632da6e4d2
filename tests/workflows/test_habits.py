"""The main scenarios under each habit that the platform may have, and under random mixes of them."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from temporalio.client import Client

from tests.support.life import Life, settings_under
from tests.support.seller import seller
from tools.simulator.habits.catalog import HABITS, mix

UNDER_WHICH_ESIMS_ARE_SOLD = [habit.name for habit in HABITS.values() if not habit.stops_sales]


async def lives(client: Client, habits: list[str], **changes: str) -> None:
    """A seller whose platform has these habits sells eSIMs, and everything happens to them that does."""
    async with seller(client, **settings_under(habits), **changes) as shop:
        shop.platform.habits.have(habits)
        async with shop.working():
            await Life(shop).goes_through()


@pytest.mark.parametrize("habit", UNDER_WHICH_ESIMS_ARE_SOLD)
async def test_all_goes_through_under_each_habit(client: Client, habit: str) -> None:
    await lives(client, [habit])


@pytest.mark.parametrize("seed", range(4))
async def test_all_goes_through_under_some_mixes(client: Client, seed: int) -> None:
    await lives(client, mix(Random(seed)))


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("call", ["EndPointLifeCycleChange", "EndPointActivation"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), most=st.integers(2, 12))
async def test_all_goes_through_under_random_mixes(client: Client, call: str, seed: int, most: int) -> None:
    await lives(client, mix(Random(seed), most), sft_activation_call=call)
