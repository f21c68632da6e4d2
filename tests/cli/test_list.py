import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client

from contract.order import LifecycleOrder
from tests.support.seller import Seller, eventually
from tests.support.terminal import Terminal


async def test_the_esims_of_a_traveler_are_listed_with_their_status_as_visibility_has_it(
    shop: Seller, terminal: Terminal
) -> None:
    traveler, other = f"T-{shop.number}", f"T-{shop.number}-other"
    first = await shop.sell(shop.purchase(traveler_id=traveler))
    second = await shop.sell(shop.purchase(traveler_id=traveler))
    third = await shop.sell(shop.purchase(traveler_id=other))
    await shop.run_of(first.endpoint_id).execute_update("suspend", LifecycleOrder(reason="system"))
    await eventually(seen(shop.client, f"TravelerId = '{traveler}' AND SubscriptionStatus = 'suspended'", 1))
    await eventually(seen(shop.client, f"TravelerId = '{traveler}' AND SubscriptionStatus = 'active'", 1))
    await eventually(seen(shop.client, f"TravelerId = '{other}' AND SubscriptionStatus = 'active'", 1))

    of_traveler, suspended, newest, shown = await asyncio.gather(
        terminal.run("list", "--traveler", traveler, "--json"),
        terminal.run("list", "--traveler", traveler, "--status", "suspended", "--json"),
        terminal.run("list", "--traveler", traveler, "--limit", "1", "--json"),
        terminal.run("list", "--traveler", other),
    )
    rows = [row(second.endpoint_id, traveler, "active"), row(first.endpoint_id, traveler, "suspended")]
    assert of_traveler.document == {"subscriptions": rows, "truncated": False}
    assert suspended.document == {"subscriptions": rows[1:], "truncated": False}
    assert newest.document == {"subscriptions": rows[:1], "truncated": True}
    assert shown.output.splitlines()[-1].split() == [third.subscription_id, other, third.endpoint_id, "active"]


async def test_what_is_no_traveler_and_no_status_never_gets_into_a_query(terminal: Terminal) -> None:
    traveler, status = await asyncio.gather(
        terminal.run("list", "--traveler", "T-42' OR TravelerId != '", "--json"), terminal.run("list", "--status", "x")
    )
    assert (traveler.code, traveler.document["error"]["type"], status.code) == (2, "InvalidRequest", 2)


async def test_a_namespace_without_search_attributes_is_told_from_an_unknown_traveler(
    client: Client, terminal: Terminal
) -> None:
    day = Duration(seconds=86_400)
    request = RegisterNamespaceRequest(namespace="unprepared", workflow_execution_retention_period=day)
    await client.workflow_service.register_namespace(request)
    unprepared, unknown = await asyncio.gather(
        terminal.run("list", "--traveler", "T-nobody", TEMPORAL_NAMESPACE="unprepared"),
        terminal.run("list", "--traveler", "T-nobody"),
    )
    assert (unprepared.code, unprepared.output) == (1, "")
    assert unprepared.sentence.startswith("Namespace unprepared does not know the search attributes")
    assert unprepared.sentence.endswith("python worker.py --register-search-attributes")
    assert (unknown.code, unknown.output) == (0, "No subscription is found\n")


def seen(client: Client, query: str, count: int) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return (await client.count_workflows(query)).count == count

    return look


def row(endpoint_id: str, traveler_id: str, status: str) -> dict[str, Any]:
    return {
        "subscription_id": f"subscription-{endpoint_id}",
        "traveler_id": traveler_id,
        "endpoint_id": endpoint_id,
        "status": status,
    }
