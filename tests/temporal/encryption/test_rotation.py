"""Keys come and go while subscriptions run, on the real server."""

import asyncio
import dataclasses
from typing import Any

import pytest
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from contract.purchase import PurchaseReference
from temporal.data_converter import converter_for
from temporal.encryption.sealed import Undecipherable
from tests.support.encrypting_shop import encrypting_shop, set_aside, use, with_keys
from tests.support.encryption_keys import ring
from tests.support.failed_task import failed_task
from tests.support.payload_keys import labels_in
from tools.simulator.fault import Fault

Run = WorkflowHandle[Any, Any]


async def test_keys_rotate_while_a_subscription_lives(client: Client) -> None:
    async with encrypting_shop(client) as shop:
        async with shop.working():
            sold = await shop.sell()
        run = shop.run_of(sold.endpoint_id)
        before = await labels_in(run)
        assert set(before) == {ring(1).newest.label}

        use(shop, 2, 1)
        async with shop.working():
            run = shop.run_of(sold.endpoint_id)
            addon = await run.execute_update("purchase_addon", shop.addon(), result_type=dict)
            assert addon["status"] == "provisioned"
            after = await labels_in(run)
            assert after[: len(before)] == before
            assert set(after[len(before) :]) == {ring(2).newest.label}
            assert [addon.status for addon in (await shop.subscription(sold.endpoint_id)).addons] == ["provisioned"] * 2

        use(shop, 2)
        purchase = shop.addon()
        await shop.run_of(sold.endpoint_id).signal("addon_purchased", purchase)
        async with shop.working():  # the retired key is gone too early: everything waits, and says which it is
            run = shop.run_of(sold.endpoint_id)
            assert ring(1).newest.label in await failed_task(run)
        with pytest.raises(Undecipherable, match=ring(1).newest.label):
            await shop.client.get_workflow_handle(f"provision-{sold.addon.purchase_id}", result_type=dict).result()

        use(shop, 2, 1)
        async with shop.working():  # it is back: nothing was lost
            subscription = await shop.settled(sold.endpoint_id)
            assert [addon.purchase_id for addon in subscription.addons][-1] == purchase.purchase_id
            assert {addon.status for addon in subscription.addons} == {"provisioned"}


async def test_what_comes_with_a_key_of_the_future_waits_or_is_refused_and_nothing_is_lost(client: Client) -> None:
    async with encrypting_shop(client) as shop:
        ahead = dataclasses.replace(shop, client=with_keys(client, ring(2)))
        label = ring(2).newest.label
        async with shop.working():
            sold = await shop.sell()
            run, ahead_of = shop.run_of(sold.endpoint_id), ahead.run_of(sold.endpoint_id)
            with pytest.raises(WorkflowUpdateFailedError) as refusal:
                await ahead_of.execute_update("purchase_addon", shop.addon())
            with pytest.raises(WorkflowQueryFailedError):  # of which the SDK passes on no more
                await ahead_of.query("addon", PurchaseReference(purchase_id="P-1"))
            assert isinstance(refusal.value.cause, ApplicationError)
            assert refusal.value.cause.type == "InvalidRequest"
            assert (await shop.subscription(sold.endpoint_id)).status == "active"  # it goes on meanwhile

            purchase, signalled = shop.purchase(), shop.addon()
            early = await ahead.start(purchase)
            await ahead_of.signal("addon_purchased", signalled)
            assert label in await failed_task(shop.client.get_workflow_handle(early.id))
            [waiting] = (await set_aside(shop, sold.endpoint_id, 1)).set_aside
            assert (waiting.message, waiting.key) == ("addon_purchased", label)
            await run.execute_update("purchase_addon", shop.addon())  # the eSIM goes on

        use(shop, 1, 2)
        async with shop.working():
            result = await shop.client.get_workflow_handle(early.id, result_type=dict).result()
            assert result["addon"]["purchase_id"] == purchase.purchase_id
            assert (await shop.settled(sold.endpoint_id)).addons[-1].purchase_id == signalled.purchase_id


async def test_a_start_that_was_altered_on_the_way_fails_in_one_sentence(client: Client) -> None:
    async with encrypting_shop(client) as shop, shop.working():
        workflow_id = f"provision-P-{next(shop.numbers)}"
        [payload] = await converter_for(shop.client, workflow_id).encode([shop.purchase()])
        payload.data = payload.data[:-1] + bytes([payload.data[-1] ^ 1])
        run: Run = await client.start_workflow(
            "ProvisionEsimWorkflow",
            RawValue(payload),
            id=workflow_id,
            task_queue=shop.task_queue,
        )
        with pytest.raises(WorkflowFailureError) as failure:
            await shop.client.get_workflow_handle(run.id).result()
        assert isinstance(failure.value.cause, ApplicationError)
        assert failure.value.cause.type == "InvalidRequest"
        assert "it was altered on the way" in failure.value.cause.message


async def test_signals_that_no_key_can_ever_open_are_dropped_and_stop_nothing(client: Client) -> None:
    async with encrypting_shop(client) as shop, shop.working():
        shop.platform.order(Fault(call="SubscribeAddon", kind="rejected"))
        purchase = await shop.start()
        claimed = await shop.reaches(purchase, "needs_attention")
        assert claimed.endpoint_id
        [altered] = await converter_for(shop.client, purchase.id).encode(["subscription-1"])
        [foreign] = await converter_for(shop.client, f"subscription-{claimed.endpoint_id}").encode([shop.addon()])
        altered.data = altered.data[:-1] + bytes([altered.data[-1] ^ 1])
        foreign.metadata["encryption-key-id"] = b"of-another-program"
        subscription = shop.run_of(claimed.endpoint_id)
        await client.get_workflow_handle(purchase.id).signal("cleaned_up", RawValue(altered))
        await client.get_workflow_handle(subscription.id).signal("addon_purchased", RawValue(foreign))
        await client.get_workflow_handle(subscription.id).signal("addon_purchased", args=[RawValue(foreign)] * 2)
        await asyncio.wait_for(shop.progress(purchase), 100)
        await asyncio.wait_for(shop.subscription(claimed.endpoint_id), 100)
        with pytest.raises(WorkflowUpdateFailedError) as refusal:
            await client.get_workflow_handle(subscription.id).execute_update("close", args=[RawValue(foreign)] * 2)
        assert isinstance(refusal.value.cause, ApplicationError)
        assert refusal.value.cause.type == "InvalidRequest"


async def test_failures_are_encrypted_with_their_stack_traces(client: Client) -> None:
    async with encrypting_shop(client) as shop, shop.working():
        shop.platform.order(Fault(call="SubscribeAddon", kind="rejected"))
        run = await shop.start()
        progress = await shop.reaches(run, "needs_attention")
        assert "SFT refused add-on" in progress.detail
        await run.cancel()
        history = str(await run.fetch_history())
        assert "refused" not in history
        assert "Traceback" not in history
        assert "activities/" not in history
