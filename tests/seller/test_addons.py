"""Add-ons through the library: each attempt under an update id of its own, and what waits is told as pending."""

import pytest
from temporalio import workflow
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateStage
from temporalio.service import RPCError
from temporalio.worker import Worker

from contract.addon import Addon
from contract.order import LifecycleOrder
from seller import server
from seller.addons import update_id
from seller.client import SellerClient
from seller.errors import SellerError, seller_error
from tests.support.seller import Seller
from tests.support.short_histories import few_updates
from tests.support.subscription_states import bought, state_with
from tools.simulator.fault import Fault
from workflows.state import SubscriptionState

ORDER = LifecycleOrder(reason="non_payment")


@pytest.mark.parametrize("seconds", [None, 10.0])
async def test_a_purchase_that_failed_is_tried_again_under_an_update_id_of_its_own(
    shop: Seller, seconds: float | None
) -> None:
    addons, esim, purchase = SellerClient(shop.client, shop.task_queue).addons, await shop.sell(), shop.addon()
    run = shop.run_of(esim.endpoint_id)

    async def buy() -> Addon:
        if seconds is None:
            return await addons.buy(esim.endpoint_id, purchase)
        return await addons.buy_within(esim.endpoint_id, purchase, seconds)

    shop.platform.order(Fault(call="SubscribeAddon", kind="rejected", times=2))
    for attempt in (1, 2):
        with pytest.raises(SellerError) as refused:
            await buy()
        assert refused.value.type == "AddonRejected"
        assert (await addons.get(esim.endpoint_id, purchase.purchase_id)).attempt == attempt
    bought = await buy()
    assert (bought.status, bought.attempt) == ("provisioned", 3)
    assert await buy() == bought
    for spent in (purchase.purchase_id, f"{purchase.purchase_id}/2"):
        with pytest.raises(WorkflowUpdateFailedError):  # Temporal keeps the failure of an attempt under its id
            await run.execute_update("purchase_addon", purchase, id=spent)
    third = await run.execute_update("purchase_addon", purchase, id=f"{purchase.purchase_id}/3", result_type=Addon)
    assert third == bought
    assert shop.platform.calls["SubscribeAddon"] == 4


def test_the_update_id_is_found_from_what_is_known_of_the_addon() -> None:
    known = Addon(purchase_id="P-1", product="A", plan_id="B")
    assert update_id("P-1", None) == update_id("P-1", known) == "P-1"
    failed = known.model_copy(update={"status": "failed"})
    assert update_id("P-1", failed) == update_id("P-1", known.model_copy(update={"attempt": 2})) == "P-1/2"
    assert update_id("P-1", failed.model_copy(update={"attempt": 2})) == "P-1/3"


async def test_what_is_bought_for_a_suspended_esim_is_pending_and_then_provisioned(shop: Seller) -> None:
    client, esim, purchase = SellerClient(shop.client, shop.task_queue), await shop.sell(), shop.addon()
    await client.subscriptions.change(esim.endpoint_id, "suspend", ORDER)
    assert (await client.addons.buy(esim.endpoint_id, purchase)).status == "pending"
    assert (await client.addons.buy_within(esim.endpoint_id, purchase, 10)).status == "pending"
    await client.subscriptions.change(esim.endpoint_id, "resume", ORDER)
    await shop.settled(esim.endpoint_id)
    assert (await client.addons.buy(esim.endpoint_id, purchase)).status == "provisioned"
    assert len(shop.platform.endpoint(esim.endpoint_id).addons) == 2


@workflow.defn(name="TravelerSubscriptionWorkflow", sandboxed=False)
class Crowded:
    """Answers no update: it stands for a run in which as many wait as Temporal lets."""

    @workflow.run
    async def run(self, state: SubscriptionState) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.update
    async def refresh_usage(self) -> None:
        await workflow.wait_condition(lambda: False)

    @workflow.query
    def subscription(self) -> None:
        return None


@pytest.mark.long
@pytest.mark.parametrize(("total", "waiting", "words"), [(2000, 10, "in-flight"), (5, 5, "total number")])
async def test_what_temporal_refuses_for_its_limits_is_told_as_that(
    total: int, waiting: int, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ANSWER_SECONDS", 1.0)
    async with few_updates(in_all=total) as client, Worker(client, task_queue="crowd", workflows=[Crowded]):
        run = await client.start_workflow(
            Crowded.run, state_with([bought(1)], "1"), id="subscription-1", task_queue="crowd"
        )
        for _ in range(waiting):
            await run.start_update(Crowded.refresh_usage, wait_for_stage=WorkflowUpdateStage.ACCEPTED)
        with pytest.raises(RPCError) as refused:
            await SellerClient(client, "crowd").subscriptions.refresh_usage("subscription-1")
        told = seller_error(refused.value)
        assert told.type == "TemporalLimit"
        assert words in told.message
