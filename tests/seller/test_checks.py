"""Whether a product could be sold just now, asked before the money is taken."""

import asyncio

import pytest
from temporalio.client import Client

from contract.order import LifecycleOrder
from contract.subscription import ShownSubscription
from seller import checks
from seller.client import SellerClient
from seller.errors import SellerError
from tests.support.seller import PLAN, Seller, seller
from tools.simulator.fault import Fault

NO_SUCH_PLAN = "PLAN-UNHEARD-OF"


@pytest.fixture
def asked(shop: Seller) -> SellerClient:
    return SellerClient(shop.client, shop.task_queue)


async def an_esim(shop: Seller, asked: SellerClient) -> ShownSubscription:
    return await asked.subscriptions.get((await shop.sell()).endpoint_id)


async def test_what_could_be_sold_is_told_as_such_and_promised_by_nobody(shop: Seller, asked: SellerClient) -> None:
    for found in (await asked.checks.first_esim(PLAN), await asked.checks.addon(await an_esim(shop, asked), PLAN)):
        assert (found.possible, found.reason) == (True, None)
        assert "promises nothing" in found.detail
        assert "the account has the plan" in found.detail


async def test_a_plan_that_the_account_does_not_have_is_told(shop: Seller, asked: SellerClient) -> None:
    esim = await an_esim(shop, asked)
    for found in (await asked.checks.first_esim(NO_SUCH_PLAN), await asked.checks.addon(esim, NO_SUCH_PLAN)):
        assert (found.possible, found.reason, NO_SUCH_PLAN in found.detail) == (False, "AddonRejected", True)


async def test_that_no_esim_is_in_stock_is_told(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        found = await SellerClient(client, shop.task_queue).checks.first_esim(PLAN)
        assert (found.possible, found.reason) == (False, "NoEsimAvailable")


async def test_what_keeps_an_esim_from_taking_an_addon_is_told(shop: Seller, asked: SellerClient) -> None:
    name = (await shop.sell()).endpoint_id

    async def reason() -> str | None:
        return (await asked.checks.addon(await asked.subscriptions.get(name), PLAN)).reason

    order = LifecycleOrder(reason="non_payment")
    await asked.subscriptions.change(name, "suspend", order)
    assert await reason() == "Suspended"
    await asked.subscriptions.change(name, "resume", order)
    assert await reason() is None
    await asked.subscriptions.change(name, "close", order)
    assert await reason() == "Cancelled"
    ended = (await shop.sell()).endpoint_id
    shown = (await asked.subscriptions.get(ended)).model_copy(update={"status": "terminated"})
    assert (await asked.checks.addon(shown, PLAN)).reason == "Terminated"


async def test_an_esim_that_was_suspended_by_itself_takes_an_addon(shop: Seller, asked: SellerClient) -> None:
    """Nothing was left on it: the next purchase has it active again (workflows/empty_esim.py), and no order is kept."""
    esim = (await an_esim(shop, asked)).model_copy(update={"status": "suspended"})
    assert (await asked.checks.addon(esim, PLAN)).possible


async def test_what_sft_does_not_say_of_plans_is_no_reason_not_to_sell(shop: Seller, asked: SellerClient) -> None:
    shop.platform.order(Fault(call="QueryRatePlan", kind="error_before", times=0))
    found = await asked.checks.first_esim(PLAN)
    assert (found.possible, "does not say whether" in found.detail) == (True, True)


async def test_many_checks_are_one_look_at_stock_and_plan(shop: Seller, asked: SellerClient) -> None:
    await asyncio.gather(*(asked.checks.first_esim(PLAN) for _ in range(10)))
    await asked.checks.first_esim(PLAN)
    assert (shop.platform.calls["fetchSIM"], shop.platform.calls["QueryRatePlan"]) == (1, 1)


async def test_it_orders_and_holds_nothing(shop: Seller, asked: SellerClient) -> None:
    await asked.checks.first_esim(PLAN)
    assert {endpoint.status for endpoint in shop.platform.endpoints} == {"Pre-Active"}
    assert set(shop.platform.calls) <= {"login", "fetchSIM", "QueryRatePlan"}


async def test_without_a_worker_nobody_is_kept_waiting(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "PATIENCE_SECONDS", 0.3)
    async with seller(client) as shop:
        asked = SellerClient(client, shop.task_queue)
        async with shop.working():
            esim = await an_esim(shop, asked)
        with pytest.raises(SellerError) as caught:
            await asked.checks.addon(esim, PLAN)
        assert caught.value.type == "NotCounted"
