"""What is told of real runs, found by whatever somebody was told: without a worker, once they are over."""

from collections.abc import AsyncIterator

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest, ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowExecutionStatus

from seller.client import SellerClient
from seller.errors import SellerError
from seller.timeline.fact import Timeline
from temporal.data_converter import data_converter_with
from temporal.digests import Digests
from tests.support.encrypting_shop import encrypting_shop
from tests.support.encryption_keys import ring
from tests.support.seller import Run, Seller, eventually, seller
from tools.simulator.fault import Fault

EMAIL = "ann.lee@example.com"


@pytest.fixture
async def shop(client: Client) -> AsyncIterator[Seller]:
    async with seller(client) as shop:
        yield shop


async def found(shop: Seller, name: str) -> Timeline:
    """As soon as visibility lists what it is found by."""
    asked = SellerClient(shop.client, shop.task_queue)

    async def told() -> Timeline | None:
        try:
            return await asked.history(name)
        except SellerError as error:
            if error.type != "NotFound":
                raise
            return None

    return await eventually(told)


def words(timeline: Timeline) -> str:
    return "\n".join(f"{fact.what}: {fact.said}" for fact in timeline.facts)


async def test_one_story_by_every_name_without_a_worker(shop: Seller) -> None:
    first, top_up = shop.purchase(traveler_id=f"T-{shop.number}", email=EMAIL), shop.addon()
    other = shop.addon()
    async with shop.working():
        sold = await shop.sell(first)
        run = shop.run_of(sold.endpoint_id)
        await run.execute_update("purchase_addon", other)
        shop.platform.order(Fault(call="SubscribeAddon", kind="answer_lost"))
        await run.execute_update("purchase_addon", top_up)
        shop.platform.endpoint(sold.endpoint_id).iccid = "8999000000000000001"
        for _ in range(2):
            await shop.refreshed(sold.endpoint_id)
    await run.terminate(reason="tidying up")
    by_purchase = await found(shop, first.purchase_id)
    for name in (sold.subscription_id, sold.endpoint_id, first.traveler_id, sold.iccid, EMAIL.upper()):
        same = await found(shop, name)
        assert words(same) == words(by_purchase), name
    told = words(by_purchase)
    for part in (
        "bought: Bought: ",
        "not_told: The eSIM by email: not sent",
        "adopted: SFT had done",
        "read: Read: ",
    ):
        assert part in told
    assert "terminated: The subscription was terminated by" in told
    assert "tidying up" in told
    swapped = "appeared: SFT has another SIM on the endpoint than the one that was sold: ICCID 8999000000000000001."
    assert told.count(swapped) == 1
    moments = [fact.at for fact in by_purchase.facts]
    assert moments == sorted(moments)
    of_top_up = await found(shop, top_up.purchase_id)
    assert of_top_up.facts[0].about == top_up.purchase_id
    assert not [fact for fact in of_top_up.facts if fact.about in (first.purchase_id, other.purchase_id)]
    assert sold.activation_code not in told
    assert EMAIL not in told


async def test_every_run_that_an_esim_went_on_in_and_its_restoring_are_told(shop: Seller) -> None:
    seller_client = SellerClient(shop.client, shop.task_queue)
    async with shop.working():
        sold = await shop.sell()
        run = shop.run_of(sold.endpoint_id)
        await run.terminate(reason="by mistake")
        await seller_client.restore(sold.subscription_id)
        await run.execute_update("suspend", {"reason": "non_payment", "ordered_by": "billing"})
        await run.signal("addon_purchased", shop.addon())

        async def told() -> str | None:
            # The second run is listed some moments later: it is found all the same, being the newest.
            said = words(await seller_client.history(sold.endpoint_id))
            return said if "It waits: the eSIM is suspended, as billing ordered at " in said else None

        said = await eventually(told)
    order = [said.index(part) for part in ("sold: Sold", "terminated: ", "restored: Restored", "ordered: Ordered to")]
    assert order == sorted(order)
    assert "Ordered to suspend it, by billing: non payment." in said
    assert "(non payment; ordered by billing)" in said


async def test_a_reset_is_told_once_with_what_it_may_do_twice_and_a_deleted_esim_is_missed(shop: Seller) -> None:
    service, namespace = shop.client.workflow_service, shop.client.namespace
    asked = SellerClient(shop.client, shop.task_queue)
    async with shop.working():
        sold, top_up = await shop.sell(), shop.addon()
        run = shop.run_of(sold.endpoint_id)
        await run.execute_update("purchase_addon", top_up)
        description = await run.describe()
        first_task = next(
            event.event_id
            for event in (await run.fetch_history()).events
            if event.HasField("workflow_task_completed_event_attributes")
        )
        execution = WorkflowExecution(workflow_id=run.id, run_id=description.run_id)
        await service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=namespace,
                workflow_execution=execution,
                reason="it hung",
                workflow_task_finish_event_id=first_task,
                request_id="once",
                identity="alex@desk",
            )
        )

        async def told() -> Timeline | None:
            story = await asked.history(sold.subscription_id)
            return story if "reset: It was reset to what it knew at" in words(story) else None

        said = words(await eventually(told))
    assert said.count("reset: ") == 1
    assert "(it hung)" in said
    assert "terminated: " not in said
    await run.terminate()
    async for one in shop.client.list_workflows(f"WorkflowId = '{run.id}'"):
        execution = WorkflowExecution(workflow_id=run.id, run_id=one.run_id)
        await service.delete_workflow_execution(
            DeleteWorkflowExecutionRequest(namespace=namespace, workflow_execution=execution)
        )

    async def missed() -> bool:
        gaps = (await asked.history(sold.addon.purchase_id)).gaps
        return any(f"knows nothing of {run.id} any more: it ended more than 1 day ago, or" in gap for gap in gaps)

    await eventually(missed)

    async def not_found() -> str | None:
        with pytest.raises(SellerError) as raised:  # a server that has much to do may take longer than is waited for
            await asked.look_up(sold.addon.purchase_id)
        return raised.value.message if raised.value.type == "NotFound" else None

    assert f"starter.py history {sold.addon.purchase_id} tells the rest" in await eventually(not_found)


async def test_a_sale_that_failed_tells_of_every_esim_that_it_tried_and_whom_it_told(shop: Seller) -> None:
    for _ in range(2):
        shop.platform.order(Fault(call="EndPointLifeCycleChange", kind="rejected"))
    purchase = shop.purchase()
    async with shop.working():
        run = await shop.start(purchase)
        await shop.reaches(run, "needs_attention")
        await run.cancel()
        await eventually(lambda: _is_over(run))
    told = await found(shop, purchase.purchase_id)
    said = words(told)
    assert said.count("refused: SFT refused to activate endpoint") == 2
    assert "given_back: Not sold" in said
    assert "cancelled: The purchase was cancelled by" in said
    assert {known.workflow_id for known in told.runs if known.workflow_id.startswith("subscription-")}


async def _is_over(run: Run) -> bool:
    return (await run.describe()).status == WorkflowExecutionStatus.CANCELED


async def test_what_an_endpoint_was_to_another_traveler_is_not_told_of_this_one(client: Client) -> None:
    async with seller(client, esims=1) as shop, shop.working():
        shop.platform.order(Fault(call="EndPointLifeCycleChange", kind="rate_limited", times=0))
        one, other = (shop.purchase(traveler_id=f"T-{shop.number}-{name}") for name in ("one", "other"))
        run = await shop.start(one)
        await shop.reaches(run, "activating")
        await run.cancel()
        await eventually(lambda: _is_over(run))
        shop.platform.clear_faults()
        sold = await shop.sell(other)
        told = words(await found(shop, other.traveler_id))
        assert f"for traveler {other.traveler_id}" in told
        assert one.purchase_id not in told
        unsold = words(await found(shop, one.traveler_id))
        assert "The purchase was cancelled by" in unsold
        assert other.purchase_id not in unsold
        both = words(await found(shop, sold.endpoint_id))
        assert "Not sold, and the endpoint is released: cancelled" in both


async def test_what_is_encrypted_is_told_with_the_key_and_named_without(client: Client) -> None:
    async with encrypting_shop(client) as shop:
        async with shop.working():
            sold = await shop.sell()
        digests = Digests(ring(1))
        with_key = SellerClient(shop.client, shop.task_queue)
        told = await eventually(lambda: _told(with_key, sold.iccid, digests))
        assert not told.gaps
        assert "sold: Sold: the eSIM is the traveler's" in words(told)
        address = client.service_client.config.target_host
        stranger = await Client.connect(address, data_converter=data_converter_with(ring(2)))
        sealed = await SellerClient(stranger, shop.task_queue).history(sold.subscription_id)
        assert [gap for gap in sealed.gaps if ring(1).newest.label in gap]
        assert sold.iccid not in words(sealed)


async def _told(seller_client: SellerClient, name: str, digests: Digests) -> Timeline | None:
    try:
        return await seller_client.history(name, digests)
    except SellerError:
        return None


async def test_another_sellers_and_nobodys_are_not_found(shop: Seller, client: Client) -> None:
    async with seller(client) as another:
        async with another.working():
            sold = await another.sell()
        for name in (sold.subscription_id, sold.addon.purchase_id, "P-unknown", "nobody@example.com", "x' OR 1=1"):
            with pytest.raises(SellerError, match="knows of no ") as refusal:
                await SellerClient(shop.client, shop.task_queue).history(name)
            assert refusal.value.type == "NotFound"
