"""A purchase that ends without a sale suspends or releases the endpoint that it held, and leaves no add-on on it."""

from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import CancelledError

from tests.support.sales import eventually_called, failure, statuses
from tests.support.seller import Seller, eventually, seller
from tools.simulator.fault import Fault
from workflows import provisioning

LIFECYCLE = "EndPointLifeCycleChange"


async def status_of(shop: Seller, endpoint_id: str) -> WorkflowExecutionStatus | None:
    return (await shop.run_of(endpoint_id).describe()).status


async def test_cancelling_at_needs_attention_suspends_the_endpoint(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    attention = await shop.reaches(run, "needs_attention")
    assert attention.endpoint_id
    await run.cancel()
    with pytest.raises(WorkflowFailureError) as caught:
        await run.result()
    assert isinstance(caught.value.cause, CancelledError)
    assert shop.platform.endpoint(attention.endpoint_id).status == "Suspended"
    assert (await shop.subscription(attention.endpoint_id)).status == "quarantined"
    assert (await shop.progress(run)).step == "failed"


async def test_an_endpoint_that_was_not_activated_is_released_for_the_next_traveler(client: Client) -> None:
    async with seller(client, esims=1) as shop, shop.working():
        shop.platform.order(Fault(call=LIFECYCLE, kind="rate_limited", times=0))
        run = await shop.start()
        claimed = await shop.reaches(run, "activating")
        assert claimed.endpoint_id
        await eventually_called(shop, LIFECYCLE)
        await run.cancel()
        with pytest.raises(WorkflowFailureError):
            await run.result()
        assert await status_of(shop, claimed.endpoint_id) == WorkflowExecutionStatus.FAILED
        shop.platform.clear_faults()
        assert (await shop.sell()).endpoint_id == claimed.endpoint_id


async def cancelled_in_mid_call(shop: Seller, call: str) -> None:
    run = await shop.start()
    await eventually_called(shop, call)
    await run.cancel()
    with pytest.raises(WorkflowFailureError):
        await run.result()


async def test_cancelling_in_the_middle_of_an_activation_leaves_nothing_active(shop: Seller) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind="delay", delay_seconds=1))
    await cancelled_in_mid_call(shop, LIFECYCLE)
    assert statuses(shop) == ["Suspended", "Pre-Active", "Pre-Active"]


async def test_cancelling_in_the_middle_of_an_unanswered_activation_leaves_nothing_active(shop: Seller) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind="late", delay_seconds=2.5))
    await cancelled_in_mid_call(shop, LIFECYCLE)
    await shop.platform.late_work_done()
    assert "Active" not in statuses(shop)


@pytest.mark.parametrize("kind", ["delay", "answer_lost", "late"])
async def test_cancelling_in_the_middle_of_an_addon_leaves_nothing_behind(shop: Seller, kind: Any) -> None:
    shop.platform.order(Fault(call="SubscribeAddon", kind=kind, delay_seconds=1.5))
    shop.platform.order(Fault(call="GetEndPointProfile", kind="error_before", skip=1, times=0))
    run = await shop.start()
    await eventually_called(shop, "SubscribeAddon")
    await run.cancel()
    shop.platform.clear_faults()  # only now can it be known what became of a call that was not answered
    with pytest.raises(WorkflowFailureError):
        await run.result()
    endpoint = shop.platform.endpoints[0]
    assert endpoint.status == "Suspended"
    assert endpoint.addons == []
    assert len(endpoint.removed_addons) == 1


async def test_giving_back_survives_a_dead_worker_and_an_sft_outage(client: Client) -> None:
    async with seller(client) as shop:
        async with shop.working():
            run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
            attention = await shop.reaches(run, "needs_attention")
            assert attention.endpoint_id
            shop.platform.order(Fault(call="*", kind="error_before", times=0))
            await run.cancel()

            async def sft_was_asked() -> bool:
                return shop.platform.log[-1].fault == "error_before"

            await eventually(sft_was_asked)
        assert shop.platform.endpoint(attention.endpoint_id).status == "Active"
        async with shop.working():
            shop.platform.clear_faults()
            with pytest.raises(WorkflowFailureError):
                await run.result()
        assert shop.platform.endpoint(attention.endpoint_id).status == "Suspended"


async def test_an_unanswered_suspension_is_repeated(client: Client) -> None:
    async with seller(client) as shop, shop.working():
        run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
        attention = await shop.reaches(run, "needs_attention")
        assert attention.endpoint_id
        shop.platform.order(Fault(call="EndPointLifeCycleChange", kind="reset"))
        await run.cancel()
        with pytest.raises(WorkflowFailureError):
            await run.result()
        assert shop.platform.endpoint(attention.endpoint_id).status == "Suspended"
        assert (await shop.subscription(attention.endpoint_id)).status == "quarantined"


async def test_a_purchase_that_is_cancelled_while_it_gives_back_ends_only_when_that_is_done(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provisioning, "AMENDMENT", timedelta(seconds=1))
    async with seller(client) as shop, shop.working():
        run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
        endpoint_id = (await shop.reaches(run, "needs_attention")).endpoint_id
        assert endpoint_id
        shop.platform.order(Fault(call="EndPointLifeCycleChange", kind="error_before", times=0))
        await shop.reaches(run, "failed")
        await run.cancel()

        async def sft_was_asked() -> bool:
            return shop.platform.calls["EndPointLifeCycleChange"] > 2

        await eventually(sft_was_asked)
        assert (await run.describe()).status == WorkflowExecutionStatus.RUNNING
        shop.platform.clear_faults()
        assert (await failure(run)).type == "AddonRejected"
        assert shop.platform.endpoint(endpoint_id).status == "Suspended"
