"""The account is refused: sales wait, say so, waste nothing, and go on once somebody has mended it."""

import pytest
from pydantic import SecretStr
from temporalio.client import Client

from contract.progress import Progress
from tests.support.seller import PLAN, Run, Seller, eventually, seller
from tools.simulator.habits.account import REFUSALS

TRAVELERS = 4
PLANS = (PLAN, "PLAN-WAKANDA-DAILY")


@pytest.mark.parametrize("habit", REFUSALS)
async def test_while_the_account_is_refused_sales_wait_and_hold_next_to_nothing(client: Client, habit: str) -> None:
    async with seller(client, esims=2 * TRAVELERS) as shop:
        shop.platform.habits.have([habit])
        async with shop.working():
            # Of two plans, by turns: a code that nobody knows is the account's if it meets different ones.
            runs = [
                await shop.start(shop.purchase(traveler_id=f"T-{number}", plan_id=PLANS[number % 2]))
                for number in range(TRAVELERS)
            ]
            for run in runs:
                await eventually(lambda run=run: waits(shop, run))  # type: ignore[misc]

            async def next_to_nothing_is_active() -> bool:  # those that were refused an add-on are suspended meanwhile
                return sum(endpoint.status == "Active" for endpoint in shop.platform.endpoints) <= 2

            await eventually(next_to_nothing_is_active)
            assert not [endpoint for endpoint in shop.platform.endpoints if endpoint.addons]
            assert shop.platform.calls["login"] <= 2 * TRAVELERS


async def waits(shop: Seller, run: Run) -> Progress | None:
    """How the sale stands once it says why it waits, be it for its turn or for the operator."""
    progress = await shop.progress(run)
    assert progress.step not in ("failed", "completed")
    return progress if progress.detail else None


async def test_a_blocked_account_that_was_reset_sells_after_a_restart(client: Client) -> None:
    async with seller(client) as shop:
        shop.platform.habits.have(["blocked"])
        async with shop.working():
            run = await shop.start()
            await eventually(lambda: waits(shop, run))
        shop.platform.habits.have([])
        shop.platform.reset_password("another-password")
        shop.settings["sft_password"] = SecretStr("another-password")
        async with shop.working():
            assert (await run.result()).addon.status == "provisioned"
