"""What SFT refuses for the account's sake is the operator's matter: purchases wait, say so, and go on by themselves."""

import asyncio
from typing import Any

import pytest
from temporalio.client import Client

from activities import account
from contract.purchase import PlanAmendment
from tests.support.seller import Run, Seller, eventually, seller
from tools.simulator.fault import Fault

SUBSCRIBE: Any = "SubscribeAddon"
CHANGE: Any = "EndPointLifeCycleChange"
EMPTY = {"code": "6200", "description": "Insufficient balance on the account"}
PLANS = ("PLAN-WAKANDA-30D-30GB", "PLAN-WAKANDA-DAILY")


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "FIRST_PAUSE_SECONDS", 2.0)
    monkeypatch.setattr(account, "LONGEST_PAUSE_SECONDS", 3.0)
    monkeypatch.setattr(account, "TRY_SECONDS", 5.0)


async def waits(shop: Seller, run: Run) -> None:
    async def is_said() -> bool:
        progress = await shop.progress(run)
        assert progress.step != "needs_attention"
        return "Waiting for the operator: SFT refuses" in progress.detail

    await eventually(is_said)


@pytest.mark.parametrize(
    "refusal",
    [
        EMPTY,
        {"code": "9999", "description": "Rate zone is empty"},
        {"code": "4711", "description": "Authorisation Failure"},
    ],
)
async def test_purchases_wait_with_one_esim_that_rests_and_go_on_once_it_is_mended(
    client: Client, refusal: dict[str, str]
) -> None:
    async with seller(client, esims=8) as shop, shop.working():
        shop.platform.order(Fault.model_validate({"call": SUBSCRIBE, "kind": "rejected", "times": 0} | refusal))
        first = await shop.start(shop.purchase(traveler_id="T-1"))
        await waits(shop, first)
        later = [await shop.start(shop.purchase(traveler_id=f"T-{n}", plan_id=PLANS[n % 2])) for n in range(2, 6)]
        for run in later:
            await waits(shop, run)

        async def none_is_active() -> bool:
            return all(endpoint.status != "Active" for endpoint in shop.platform.endpoints)

        await eventually(none_is_active)
        assert len([endpoint for endpoint in shop.platform.endpoints if endpoint.status == "Suspended"]) <= 2
        shop.platform.clear_faults()
        sold = [await run.result() for run in (first, *later)]
        assert len({one.endpoint_id for one in sold}) == 5
        for one in sold:
            assert len(shop.platform.endpoint(one.endpoint_id).addons) == 1
            assert shop.platform.endpoint(one.endpoint_id).status == "Active"


def refuses_to_wake(shop: Seller, refusal: dict[str, str], times: int) -> None:
    """Refuses all add-ons for the account's sake, and then to activate the eSIM again that was suspended for that."""
    shop.platform.order(Fault.model_validate({"call": SUBSCRIBE, "kind": "rejected", "times": 0} | EMPTY))
    shop.platform.order(Fault.model_validate({"call": CHANGE, "kind": "rejected", "skip": 2, "times": times} | refusal))


@pytest.mark.parametrize("refusal", [EMPTY, {"code": "4711", "description": "Authorisation Failure"}])
async def test_one_that_rests_and_may_not_be_activated_again_for_the_accounts_sake_goes_on_by_itself(
    shop: Seller, refusal: dict[str, str]
) -> None:
    refuses_to_wake(shop, refusal, times=2)
    run = await shop.start()

    async def was_refused_twice() -> bool:
        return shop.platform.calls[CHANGE] >= 4

    await eventually(was_refused_twice)
    await waits(shop, run)
    shop.platform.clear_faults()
    sold = await run.result()
    assert len(shop.platform.endpoint(sold.endpoint_id).addons) == 1
    assert shop.platform.endpoint(sold.endpoint_id).status == "Active"


async def test_one_that_rests_and_is_refused_for_another_reason_stops_for_a_person(shop: Seller) -> None:
    refuses_to_wake(shop, {"code": "7001", "description": "No"}, times=1)
    purchase = shop.purchase()
    run = await shop.start(purchase)
    attention = await shop.reaches(run, "needs_attention")
    assert f"SFT refused to activate endpoint {attention.endpoint_id} again" in attention.detail
    assert "code 7001: No" in attention.detail
    shop.platform.clear_faults()
    await run.execute_update("amend_plan", PlanAmendment(product=purchase.product, plan_id=purchase.plan_id))
    sold = await run.result()
    assert sold.endpoint_id == attention.endpoint_id
    assert len(shop.platform.endpoint(sold.endpoint_id).addons) == 1
    assert shop.platform.endpoint(sold.endpoint_id).status == "Active"


async def test_an_unknown_refusal_of_different_plans_for_different_travelers_is_the_operators(client: Client) -> None:
    async with seller(client, esims=8) as shop, shop.working():
        shop.platform.order(Fault(call=SUBSCRIBE, kind="rejected", code="7001", description="No", times=0))
        first = await shop.start(shop.purchase(traveler_id="T-1", plan_id=PLANS[0]))
        await shop.reaches(first, "needs_attention")
        second = await shop.start(shop.purchase(traveler_id="T-2", plan_id=PLANS[1]))
        await waits(shop, second)
        third = await shop.start(shop.purchase(traveler_id="T-3", plan_id=PLANS[1]))
        await waits(shop, third)
        shop.platform.clear_faults()
        await second.result()
        await third.result()
        await first.cancel()


async def test_an_unknown_refusal_of_one_plan_is_about_that_plan(client: Client) -> None:
    async with seller(client, esims=4) as shop, shop.working():
        shop.platform.order(Fault(call=SUBSCRIBE, kind="rejected", code="7001", description="No", times=2))
        runs = [await shop.start(shop.purchase(traveler_id=f"T-{n}")) for n in range(2)]
        for run in runs:
            await shop.reaches(run, "needs_attention")
            await run.cancel()


async def test_a_top_up_waits_too_and_its_esim_can_be_suspended_meanwhile(shop: Seller) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    shop.platform.order(Fault.model_validate({"call": SUBSCRIBE, "kind": "rejected", "times": 0} | EMPTY))
    await run.signal("addon_purchased", shop.addon())

    async def refused() -> bool:
        return shop.platform.calls[SUBSCRIBE] > 1

    await eventually(refused)
    await asyncio.wait_for(run.execute_update("suspend", {"reason": "system"}), 10)
    await asyncio.wait_for(run.execute_update("resume", {"reason": "system"}), 10)
    assert [addon.status for addon in (await shop.subscription(sold.endpoint_id)).addons] == ["provisioned", "pending"]
    shop.platform.clear_faults()
    assert [addon.status for addon in (await shop.settled(sold.endpoint_id)).addons] == ["provisioned", "provisioned"]
    assert len(shop.platform.endpoint(sold.endpoint_id).addons) == 2


async def test_one_that_waits_can_be_cancelled_and_leaves_nothing_active(client: Client) -> None:
    async with seller(client) as shop, shop.working():
        shop.platform.order(Fault.model_validate({"call": SUBSCRIBE, "kind": "rejected", "times": 0} | EMPTY))
        run = await shop.start()
        await waits(shop, run)
        await run.cancel()

        async def ended() -> bool:
            return (await run.describe()).status.name == "CANCELED"  # type: ignore[union-attr]

        await eventually(ended)
        assert {endpoint.status for endpoint in shop.platform.endpoints} == {"Suspended", "Pre-Active"}
