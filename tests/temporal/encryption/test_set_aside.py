"""Messages under a key that nobody here has, on the real server: set aside, shown, taken up or dropped; nothing else
waits for them, and workers with other keys replay it alike."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.converter import PayloadCodec
from temporalio.exceptions import ApplicationError
from temporalio.worker import Replayer

from contract.order import LifecycleOrder
from contract.purchase import AddonPurchase
from contract.subscription import SetAsideReference, Subscription
from temporal.data_converter import converter_for, data_converter_with
from tests.support.converting import with_converter
from tests.support.encrypting_shop import encrypting_shop, set_aside, use, with_keys
from tests.support.encryption_keys import ring
from tests.support.failed_task import failed_task
from tests.support.seller import Seller, eventually
from tests.support.short_histories import short_histories
from tools.bench.actions import actions_in
from tools.simulator.fault import Fault
from worker import INTERCEPTORS, RUNNER
from workflows.registered import WORKFLOWS
from workflows.set_aside import MOST_BYTES, MOST_MESSAGES

Run = WorkflowHandle[Any, Any]

LABEL = ring(2).newest.label


def ahead_of(shop: Seller) -> Seller:
    """The portal that rotated first: it has the key of the future, and its workers do not."""
    return dataclasses.replace(shop, client=with_keys(shop.client, ring(2)))


async def replayed_with(run: Run, *rings: Any) -> None:
    """Replays what a run did on workers with each of these lists of keys."""
    history = await run.fetch_history()
    for keys in rings:
        converter = data_converter_with(keys)
        replayer = Replayer(
            workflows=WORKFLOWS,
            workflow_runner=RUNNER,
            interceptors=INTERCEPTORS,
            data_converter=converter,
            namespace="default",
        )
        result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
        assert result.replay_failure is None, (keys, result.replay_failure)


async def taken_up(shop: Seller, endpoint_id: str, purchase: AddonPurchase) -> Subscription:
    async def is_there() -> Subscription | None:
        subscription = await shop.subscription(endpoint_id)
        done = [addon.purchase_id for addon in subscription.addons if addon.status == "provisioned"]
        return subscription if purchase.purchase_id in done else None

    return await eventually(is_there)


async def test_it_is_set_aside_the_esim_goes_on_and_it_is_taken_up_in_order_once_a_worker_has_the_key(
    client: Client,
) -> None:
    async with encrypting_shop(client) as shop:
        ahead, early = ahead_of(shop), [shop.addon(), shop.addon()]
        async with shop.working():
            sold = await shop.sell()
            for purchase in early:
                await ahead.run_of(sold.endpoint_id).signal("addon_purchased", purchase)
            waiting = await set_aside(shop, sold.endpoint_id, 2)
            assert [(one.number, one.message, one.key) for one in waiting.set_aside] == [
                (1, "addon_purchased", LABEL),
                (2, "addon_purchased", LABEL),
            ]
            later = shop.addon()
            await shop.run_of(sold.endpoint_id).signal("addon_purchased", later)
            await taken_up(shop, sold.endpoint_id, later)
            await shop.run_of(sold.endpoint_id).execute_update("suspend", LifecycleOrder(reason="system"))
            await shop.run_of(sold.endpoint_id).execute_update("resume", LifecycleOrder(reason="system"))
            # What the workers without the key did, one that has it has to do as well.
            await replayed_with(shop.run_of(sold.endpoint_id), ring(1), ring(1, 2), ring(2, 1))
        use(shop, 1, 2)
        async with shop.working():
            subscription = await taken_up(shop, sold.endpoint_id, early[1])
            bought = [addon.purchase_id for addon in subscription.addons]
            assert bought == [sold.addon.purchase_id, *(one.purchase_id for one in (later, *early))]
            assert subscription.set_aside == []
            assert len(shop.platform.endpoint(sold.endpoint_id).addons) == 4
            # What was opened stands in the history under a key that all have: the other may go again.
            await replayed_with(shop.run_of(sold.endpoint_id), ring(1), ring(1, 2), ring(2, 1))


async def test_after_a_rotation_a_run_opens_one_message_and_reads_those_after_it_like_any_other(client: Client) -> None:
    async with encrypting_shop(client) as shop:
        async with shop.working():
            sold = await shop.sell()
        use(shop, 2, 1)
        async with shop.working():
            run, counts = shop.run_of(sold.endpoint_id), []
            for kind in ("signal", "signal", "update"):
                before = actions_in((await run.fetch_history()).events)
                purchase = shop.addon()
                await (run.signal if kind == "signal" else run.execute_update)(
                    "addon_purchased" if kind == "signal" else "purchase_addon", purchase
                )
                await taken_up(shop, sold.endpoint_id, purchase)
                counts.append(sum((actions_in((await run.fetch_history()).events) - before).values()))
            assert counts == [4, 3, 3]
            await replayed_with(run, ring(1, 2), ring(2, 1))


async def test_an_update_that_was_read_makes_its_key_known(client: Client) -> None:
    async with encrypting_shop(client) as shop:
        async with shop.working():
            sold = await shop.sell()
        use(shop, 2, 1)
        async with shop.working():
            run = shop.run_of(sold.endpoint_id)
            await run.execute_update("purchase_addon", shop.addon())
            purchase = shop.addon()
            await run.signal("addon_purchased", purchase)
            await taken_up(shop, sold.endpoint_id, purchase)
            opened = [
                event
                for event in (await run.fetch_history()).events
                if event.activity_task_scheduled_event_attributes.activity_type.name == "open_message"
            ]
            assert opened == []
            await replayed_with(run, ring(1, 2), ring(2, 1))


async def test_whoever_has_the_key_first_and_not_later_replays_the_same(client: Client) -> None:
    async with encrypting_shop(client) as shop:
        ahead = ahead_of(shop)
        async with shop.working():
            sold = await shop.sell()
        use(shop, 1, 2)
        purchase = shop.addon()
        async with shop.working():
            await ahead.run_of(sold.endpoint_id).signal("addon_purchased", purchase)
            await taken_up(shop, sold.endpoint_id, purchase)
        use(shop, 1)
        async with shop.working():
            assert (await taken_up(shop, sold.endpoint_id, purchase)).set_aside == []
            await shop.run_of(sold.endpoint_id).execute_update("purchase_addon", shop.addon())


async def test_an_operator_drops_it_and_what_came_after_it_is_taken_up(client: Client) -> None:
    async with encrypting_shop(client) as shop:
        ahead, unwanted, wanted = ahead_of(shop), shop.addon(), shop.addon()
        async with shop.working():
            sold = await shop.sell()
            run = shop.run_of(sold.endpoint_id)
            for purchase in (unwanted, wanted):
                await ahead.run_of(sold.endpoint_id).signal("addon_purchased", purchase)
            await set_aside(shop, sold.endpoint_id, 2)
            left = await run.execute_update("drop_set_aside", SetAsideReference(number=1), result_type=Subscription)
            assert [one.number for one in left.set_aside] == [2]
            with pytest.raises(WorkflowUpdateFailedError) as refusal:
                await run.execute_update("drop_set_aside", SetAsideReference(number=1))
            assert isinstance(refusal.value.cause, ApplicationError)
            assert refusal.value.cause.type == "InvalidRequest"
        use(shop, 1, 2)
        async with shop.working():
            subscription = await taken_up(shop, sold.endpoint_id, wanted)
            assert unwanted.purchase_id not in [addon.purchase_id for addon in subscription.addons]
            await replayed_with(run, ring(1), ring(1, 2))


async def test_labels_that_somebody_made_up_keep_no_more_than_a_few_messages_and_nobody_waits_for_them(
    client: Client,
) -> None:
    async with encrypting_shop(client) as shop, shop.working():
        sold = await shop.sell()
        [payload] = await converter_for(shop.client, sold.subscription_id).encode([shop.addon()])
        run = client.get_workflow_handle(sold.subscription_id)
        payload.metadata["encryption-key-id"] = b"made-up:00000000"
        for _ in range(MOST_MESSAGES + 2):
            await run.signal("addon_purchased", RawValue(payload))
        payload.metadata["encryption-key-id"] = b"longer:00000000"
        payload.data += bytes(MOST_BYTES)
        await run.signal("addon_purchased", RawValue(payload))
        subscription = await set_aside(shop, sold.endpoint_id, MOST_MESSAGES)

        async def counted() -> bool:
            return (await shop.subscription(sold.endpoint_id)).set_aside_lost == 3

        await eventually(counted)
        assert {one.key for one in subscription.set_aside} == {"made-up:00000000"}
        await shop.run_of(sold.endpoint_id).execute_update("purchase_addon", shop.addon())
        await replayed_with(shop.run_of(sold.endpoint_id), ring(1), ring(1, 2))


async def test_no_kind_of_signal_under_an_unknown_key_stops_a_sale_or_an_esim(client: Client) -> None:
    """Also those of our own workflows': anybody who may signal can write a label."""
    async with encrypting_shop(client) as shop, shop.working():
        shop.platform.order(Fault(call="SubscribeAddon", kind="rejected"))
        sale = await shop.start()
        endpoint_id = (await shop.reaches(sale, "needs_attention")).endpoint_id
        assert endpoint_id
        ahead = ahead_of(shop)
        await ahead.client.get_workflow_handle(sale.id).signal("cleaned_up", {"made": "up"})
        for signal in ("hand_over", "give_back", "close_requested", "look_soon"):
            await ahead.run_of(endpoint_id).signal(signal, {"made": "up"})
        waiting = await set_aside(shop, endpoint_id, 3)  # look_soon has no input that anybody would read
        assert {one.message for one in waiting.set_aside} == {"hand_over", "give_back", "close_requested"}
        shop.platform.clear_faults()
        await sale.execute_update("amend_plan", {"product": "W", "plan_id": shop.purchase().plan_id})
        assert (await asyncio.wait_for(sale.result(), 100)).endpoint_id == endpoint_id
        assert (await shop.subscription(endpoint_id)).status == "active"
        for run in (sale, shop.run_of(endpoint_id)):
            await replayed_with(run, ring(1), ring(1, 2))


async def test_what_only_another_build_can_read_once_it_is_opened_waits_for_that_build(client: Client) -> None:
    async with encrypting_shop(client) as shop:
        async with shop.working():
            sold = await shop.sell()
            of_another_build = {"written_by": "9.9", "verdict": "recycle", "reason": "a word of 9.9"}
            await ahead_of(shop).run_of(sold.endpoint_id).signal("give_back", of_another_build)
            await set_aside(shop, sold.endpoint_id, 1)
        use(shop, 1, 2)
        async with shop.working():
            run = shop.run_of(sold.endpoint_id)
            assert "Signal give_back was written by release 9.9" in await failed_task(run)
            await run.terminate()


@asynccontextmanager
async def quickly_anew() -> AsyncIterator[Seller]:
    async with short_histories(60) as client, encrypting_shop(client) as shop:
        yield shop


@pytest.mark.long
async def test_it_waits_across_continue_as_new() -> None:
    async with quickly_anew() as shop:
        purchase = shop.addon()
        async with shop.working():
            sold = await shop.sell()
            first = (await shop.run_of(sold.endpoint_id).describe()).run_id
            await ahead_of(shop).run_of(sold.endpoint_id).signal("addon_purchased", purchase)
            await set_aside(shop, sold.endpoint_id, 1)

            async def went_on() -> bool:
                await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())
                return (await shop.run_of(sold.endpoint_id).describe()).run_id != first

            await eventually(went_on)
            assert [one.key for one in (await shop.subscription(sold.endpoint_id)).set_aside] == [LABEL]
        use(shop, 1, 2)
        async with shop.working():
            assert (await taken_up(shop, sold.endpoint_id, purchase)).set_aside == []


class Unencoding(PayloadCodec):
    """Sends payloads as they are, and reads what is encrypted."""

    def __init__(self, codec: PayloadCodec) -> None:
        self._codec = codec

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return await self._codec.decode(payloads)


async def test_what_was_encrypted_twice_is_refused_with_a_sentence_that_is_true(client: Client) -> None:
    async with encrypting_shop(client) as shop, shop.working():
        sold = await shop.sell()
        in_place = converter_for(shop.client, sold.subscription_id)
        codec = in_place.payload_codec
        assert codec
        [twice] = await codec.encode(await in_place.encode([shop.addon()]))
        converter = dataclasses.replace(shop.client.data_converter, payload_codec=Unencoding(codec))
        run = with_converter(shop.client, converter).get_workflow_handle(sold.subscription_id)
        await run.signal("addon_purchased", RawValue(twice))
        with pytest.raises(WorkflowUpdateFailedError) as refusal:
            await run.execute_update("purchase_addon", RawValue(twice))
        assert isinstance(refusal.value.cause, ApplicationError)
        assert refusal.value.cause.type == "InvalidRequest"
        assert f"is encrypted twice, the second time with key {ring(1).newest.label}" in refusal.value.cause.message
        subscription = await shop.subscription(sold.endpoint_id)
        assert (len(subscription.addons), subscription.set_aside) == (1, [])
