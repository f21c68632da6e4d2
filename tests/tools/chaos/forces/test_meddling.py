import asyncio
from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from tests.support.sales import scheduled_by
from tests.support.seller import Seller, seller
from tools.chaos.forces.meddling import NAMES, lay_hand_on
from tools.chaos.forces.record import Record
from tools.chaos.plan import HANDS, Hand, Meddling
from tools.chaos.stage import HELD_SECONDS
from tools.chaos.tally import Tally
from tools.simulator.fault import Fault


@pytest.fixture
async def shop(client: Client) -> AsyncIterator[Seller]:
    """One whose calls may take so long that they hear of a pause, as in a run."""
    async with seller(client, sft_timeout_seconds=20, sft_slow_timeout_seconds=20) as shop, shop.working():
        yield shop


def deadline(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


@pytest.mark.long
@pytest.mark.parametrize("hand", HANDS)
async def test_what_is_in_mid_call_is_meddled_with_and_does_not_stay_paused(shop: Seller, hand: Hand) -> None:
    shop.platform.order(Fault(call="SubscribeAddon", kind="delay", delay_seconds=HELD_SECONDS))
    record, run = Record(), await shop.start()
    await lay_hand_on(shop.client, Meddling(0, "provision_addon", hand), record, deadline(20), shop.task_queue)
    assert record.happened == {NAMES[hand]: 1}
    assert (await run.result()).addon.status == "provisioned"
    assert shop.platform.calls["SubscribeAddon"] == 1
    assert "settle_addon" in await scheduled_by(run)
    told = Tally()
    told.add(run.id, (await run.fetch_history()).events)
    assert told.not_sent_again == 1


async def test_where_nothing_is_in_mid_call_nothing_is_counted(shop: Seller) -> None:
    record = Record()
    await shop.sell()
    await lay_hand_on(shop.client, Meddling(0, "provision_addon", "reset"), record, deadline(1), shop.task_queue)
    assert not record.happened
