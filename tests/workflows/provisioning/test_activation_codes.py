"""Step 2: success is not one number, and what SFT refuses is looked up before an eSIM counts as refused."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus

from activities import account
from contract.purchase import PlanAmendment
from tests.support.sales import failure
from tests.support.seller import PLAN, PRODUCT, Run, Seller, eventually, seller
from tests.support.telling import long_but
from tools.simulator.fault import Fault
from workflows import provisioning

LIFECYCLE: Any = "EndPointLifeCycleChange"
ACTIVATION: Any = "EndPointActivation"


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "FIRST_PAUSE_SECONDS", 1.0)
    monkeypatch.setattr(account, "LONGEST_PAUSE_SECONDS", 2.0)
    monkeypatch.setattr(account, "TRY_SECONDS", 5.0)


@pytest.mark.parametrize(
    ("call", "outer", "code"),
    long_but(
        [(LIFECYCLE, "0", "7777"), (LIFECYCLE, "1", "5017"), (ACTIVATION, "1", "5014"), (LIFECYCLE, "1", "")],
        [
            (LIFECYCLE, "0", "0"),
            (LIFECYCLE, "0", "7777"),
            (LIFECYCLE, "0", ""),
            (LIFECYCLE, "1", "5017"),
            (LIFECYCLE, "1", "9003"),
            (ACTIVATION, "0", "0"),
            (ACTIVATION, "0", ""),
            (ACTIVATION, "1", "5014"),
            (ACTIVATION, "1", "5017"),
            (LIFECYCLE, "1", "7777"),
            (ACTIVATION, "1", "7777"),
            (LIFECYCLE, "1", ""),
        ],
    ),
)
async def test_an_endpoint_that_was_activated_is_sold_whatever_sft_calls_it(
    client: Client, call: Any, outer: str, code: str
) -> None:
    async with seller(client, sft_activation_call=call) as shop, shop.working():
        shop.platform.order(Fault(call=call, kind="coded", outer=outer, code=code, times=0))
        for number in range(3):
            assert (await shop.sell()).endpoint_id == shop.platform.endpoints[number].endpoint_id
        assert shop.platform.calls[call] == 3


@pytest.mark.parametrize(
    ("outer", "code"), long_but([("1", "7777")], [("0", "0"), ("0", "7777"), ("1", "9003"), ("1", "7777")])
)
async def test_suspending_and_resuming_believe_the_same(shop: Seller, outer: str, code: str) -> None:
    sold = await shop.sell()
    shop.platform.order(Fault(call=LIFECYCLE, kind="coded", outer=outer, code=code, times=0))
    run = shop.run_of(sold.endpoint_id)
    for order, status in (("suspend", "Suspended"), ("resume", "Active"), ("close", "Suspended")):
        await run.execute_update(order, {"reason": "system"})
        assert shop.platform.endpoint(sold.endpoint_id).status == status


async def test_one_that_was_active_before_is_a_strangers_in_whatever_words(shop: Seller) -> None:
    shop.platform.order(
        Fault(call=LIFECYCLE, kind="already_active"),
        Fault(call=LIFECYCLE, kind="coded", outer="1", code="2507"),
    )
    strangers, others = shop.platform.endpoints[:2]
    shop.platform.clear_faults()
    shop.platform.order(Fault(call="fetchSIM", kind="delay", delay_seconds=1))
    run = await shop.start()

    async def asked() -> bool:
        return shop.platform.calls["fetchSIM"] > 0

    await eventually(asked)
    shop.platform.set_status(strangers.endpoint_id, "Active")
    shop.platform.order(Fault(call=LIFECYCLE, kind="coded", outer="1", code="2507"))
    assert (await run.result()).endpoint_id == others.endpoint_id
    assert strangers.addons == []


async def test_the_second_refusal_alike_stops_the_purchase_and_not_one_more_esim_is_lost(client: Client) -> None:
    async with seller(client, esims=7) as shop, shop.working():
        shop.platform.order(Fault(call=LIFECYCLE, kind="rejected", code="7777", times=0))
        run = await shop.start()
        stopped = await shop.reaches(run, "needs_attention")
        assert "7777" in stopped.detail
        assert "operator's matter" in stopped.detail
        assert shop.platform.calls[LIFECYCLE] == 2
        shop.platform.clear_faults()
        await run.execute_update("amend_plan", PlanAmendment(product=PRODUCT, plan_id=PLAN))
        assert (await run.result()).endpoint_id == stopped.endpoint_id


async def test_what_nobody_has_tried_again_in_a_day_fails_and_leaves_the_second_esim_for_sale(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provisioning, "AMENDMENT", timedelta(seconds=3))
    async with seller(client) as shop, shop.working():
        shop.platform.order(Fault(call=LIFECYCLE, kind="rejected", code="7777", times=2))
        run = await shop.start()
        second = (await shop.reaches(run, "needs_attention")).endpoint_id
        assert second is not None
        assert (await failure(run)).type == "ActivationRejected"
        assert (await shop.subscription(shop.platform.endpoints[0].endpoint_id)).status == "quarantined"
        assert (await shop.run_of(second).describe()).status == WorkflowExecutionStatus.FAILED


@pytest.mark.usefixtures("short_pauses")
async def test_many_purchases_lose_two_esims_between_them_and_go_on_by_themselves(client: Client) -> None:
    async with seller(client, esims=12) as shop, shop.working():
        shop.platform.order(Fault(call=LIFECYCLE, kind="rejected", code="7777", times=0))
        first = await shop.start()
        await shop.reaches(first, "needs_attention")
        waiting = [await shop.start() for _ in range(6)]
        for run in waiting:
            await says(shop, run, "Waiting for the operator")
        quarantined = [endpoint for endpoint in shop.platform.endpoints if await is_quarantined(shop, endpoint)]
        assert len(quarantined) == 1
        shop.platform.clear_faults()
        for run in waiting:
            await run.result()
        await first.cancel()


async def says(shop: Seller, run: Run, words: str) -> None:
    async def is_said() -> bool:
        return words in (await shop.progress(run)).detail

    await eventually(is_said)


async def is_quarantined(shop: Seller, endpoint: Any) -> bool:
    try:
        return (await shop.subscription(endpoint.endpoint_id)).status == "quarantined"
    except Exception:
        return False
