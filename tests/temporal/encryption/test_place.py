"""On the real server: whatever goes through Temporal is encrypted for the workflow that it is for, and opens there."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle

from contract.order import LifecycleOrder
from seller.client import SellerClient
from temporal.encryption.sealed import label_of, place_of
from tests.support.encrypting_shop import encrypting_shop
from tests.support.seller import eventually
from tests.support.short_histories import short_histories

Run = WorkflowHandle[Any, Any]


def payloads_in(message: Message, path: str = "") -> Iterator[tuple[str, Payload]]:
    """Every payload in it that a codec sees, with the names of the fields that lead there."""
    if isinstance(message, Payload):
        yield path, message
        return
    for field, value in message.ListFields():
        if field.name in {"search_attributes", "header"} or field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            children = [child for child in value.values() if isinstance(child, Message)]
        else:
            children = [value] if isinstance(value, Message) else list(value)
        for child in children:
            yield from payloads_in(child, f"{path}.{field.name}")


async def places_in(run: Run) -> set[tuple[str, str]]:
    """For which workflow each payload in the history is encrypted, with the event that holds it."""
    found = set()
    for event in (await run.fetch_history()).events:
        if event.marker_recorded_event_attributes.marker_name == "core_patch":
            continue
        for path, payload in payloads_in(event):
            assert label_of(payload), (path, payload)
            place = place_of(payload)
            assert place.namespace == b"default"
            kind = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")
            found.add((f"{kind}{'.user_metadata' if 'user_metadata' in path else ''}", place.workflow_id.decode()))
    return found


async def test_a_sale_is_encrypted_for_the_workflow_that_each_part_of_it_is_for(client: Client) -> None:
    async with encrypting_shop(client) as shop, shop.working():
        sold = await shop.sell()
        await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())
        await shop.settled(sold.endpoint_id)
        await shop.run_of(sold.endpoint_id).execute_update("suspend", LifecycleOrder(reason="system"))
        purchase, subscription = f"provision-{sold.addon.purchase_id}", sold.subscription_id
        its_own: set[tuple[str, str, str]] = set()
        others: set[tuple[str, str, str]] = set()
        for run in (purchase, subscription):
            for event, place in await places_in(shop.client.get_workflow_handle(run)):
                (its_own if place == run else others).add((run, event, place))
        assert {event for _, event, _ in its_own} >= {
            *("WORKFLOW_EXECUTION_STARTED", "WORKFLOW_EXECUTION_COMPLETED", "WORKFLOW_EXECUTION_SIGNALED"),
            *("ACTIVITY_TASK_SCHEDULED", "ACTIVITY_TASK_COMPLETED", "ACTIVITY_TASK_SCHEDULED.user_metadata"),
            *("WORKFLOW_EXECUTION_UPDATE_ACCEPTED", "WORKFLOW_EXECUTION_UPDATE_COMPLETED"),
        }
        assert others == {
            (purchase, "START_CHILD_WORKFLOW_EXECUTION_INITIATED", subscription),
            (purchase, "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED", subscription),
            # The SDK encodes the summary of a child for its parent; people read it through the codec server.
            (subscription, "WORKFLOW_EXECUTION_STARTED.user_metadata", purchase),
        }


@pytest.mark.long
async def test_a_run_that_continues_as_new_is_encrypted_for_the_same_workflow() -> None:
    async with short_histories(60) as short, encrypting_shop(short) as shop, shop.working():
        sold = await shop.sell()
        first = (await shop.run_of(sold.endpoint_id).describe()).run_id

        async def went_on() -> bool:
            await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())
            return (await shop.run_of(sold.endpoint_id).describe()).run_id != first

        await eventually(went_on)
        await shop.settled(sold.endpoint_id)
        assert ("WORKFLOW_EXECUTION_STARTED", sold.subscription_id) in await places_in(shop.run_of(sold.endpoint_id))


async def test_a_subscription_that_is_restored_is_encrypted_for_the_same_workflow_and_keeps_its_summary(
    client: Client,
) -> None:
    async with encrypting_shop(client) as shop, shop.working():
        sold = await shop.sell()
        run = shop.run_of(sold.endpoint_id)
        await run.terminate("by mistake")
        await SellerClient(shop.client, shop.task_queue).restore(run.id)
        assert sold.endpoint_id in (await (await run.describe()).static_summary() or "")
        places = await places_in(run)
        assert ("WORKFLOW_EXECUTION_STARTED.user_metadata", run.id) in places
        assert {place for _, place in places} == {run.id}
