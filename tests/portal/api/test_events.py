"""What was told, read up by REST: whoever was away finds each event once, with what became of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient
from temporalio.client import Client

from portal.keys import Limits
from tests.support.event_receiver import EventReceiver, listening
from tests.support.rest import calling
from tests.support.seller import Seller, eventually, seller

Told = tuple[Seller, EventReceiver]


@pytest.fixture(scope="module")
async def told(client: Client) -> AsyncIterator[Told]:
    """A shop, and the portal that it tells what happens."""
    portal = EventReceiver()
    async with listening(portal) as settings, seller(client, esims=10, **settings) as shop, shop.working():
        yield shop, portal


async def listed(caller: AsyncClient, *types: str, outcome: str = "taken", **asked: str) -> list[dict[str, Any]]:
    """The events, as soon as they are these and the portal has them, or not."""

    async def found() -> tuple[list[dict[str, Any]]] | None:
        answer = await caller.get("/events", params=asked)
        assert answer.status_code == 200, answer.text
        events: list[dict[str, Any]] = answer.json()["events"]
        is_there = [one["event"]["type"] for one in events] == list(types)
        return (events,) if is_there and all(one["to_portal"]["outcome"] == outcome for one in events) else None

    return (await eventually(found))[0]


async def test_a_portal_that_was_away_reads_up_what_it_was_told_also_of_runs_before(told: Told, tmp_path: Path) -> None:
    shop, portal = told
    async with calling(shop, tmp_path) as caller:
        sold = await shop.sell(shop.purchase(traveler_id="T-1"))
        [first] = await listed(caller, "esim_provisioned", traveler_id="T-1")
        assert (first["to_portal"], first["to_traveler"]) == ({"outcome": "taken", "reason": None}, None)
        assert first["event"] == portal.events[-1].model_dump(mode="json")
        portal.answer = 503
        await shop.run_of(sold.endpoint_id).execute_update("purchase_addon", shop.addon())
        new = {"traveler_id": "T-1", "after": first["cursor"]}
        [waits] = await listed(caller, "addon_provisioned", outcome="waiting", **new)
        await shop.run_of(sold.endpoint_id).signal("renew")
        portal.answer = 204
        both = ("esim_provisioned", "addon_provisioned")
        _, later = await listed(caller, *both, traveler_id="T-1", endpoint_id=sold.endpoint_id)
        assert (later["cursor"], later["at"]) == (waits["cursor"], waits["at"])
        await listed(caller, traveler_id="T-1", after=later["cursor"])
        await listed(caller, *both, traveler_id="T-1", after=first["at"])
        page = (await caller.get("/events", params={"traveler_id": "T-1", "limit": 1})).json()
        assert (len(page["events"]), page["next"]) == (1, first["cursor"])


async def test_a_sale_that_does_not_go_well_is_among_them(told: Told, tmp_path: Path) -> None:
    shop, _ = told
    async with calling(shop, tmp_path) as caller:
        await shop.start(shop.purchase(traveler_id="T-2", plan_id="PLAN-UNHEARD-OF"))
        [asked] = await listed(caller, "sale_needs_attention", traveler_id="T-2")
        assert asked["event"]["sale"]["plan_id"] == "PLAN-UNHEARD-OF"
        everything = (await caller.get("/events", params={"limit": 1000, "after": asked["at"]})).json()["events"]
        assert asked["cursor"] in [one["cursor"] for one in everything]


async def test_events_are_found_by_their_traveler_and_by_nobody_else(told: Told, tmp_path: Path) -> None:
    shop, _ = told
    sold = await shop.sell(shop.purchase(traveler_id="T-3"))
    await shop.sell(shop.purchase(traveler_id="R7-1"))
    async with calling(shop, tmp_path) as caller:
        await listed(caller, "esim_provisioned", traveler_id="T-3", endpoint_id=sold.endpoint_id)
        await listed(caller, traveler_id="R7-1", endpoint_id=sold.endpoint_id)
        await listed(caller, traveler_id="T-nobody")
        for asked in ({"endpoint_id": sold.endpoint_id}, {"after": "yesterday"}, {"after": "20261101/x"}):
            refused = await caller.get("/events", params=asked)
            assert (refused.status_code, refused.json()["failure"]) == (422, "InvalidRequest")
    (tmp_path / "theirs").mkdir()
    async with calling(shop, tmp_path / "theirs", Limits(travelers="R7-")) as reseller:
        await listed(reseller, "esim_provisioned", traveler_id="R7-1")
        for asked in ({}, {"traveler_id": "T-3"}, {"traveler_id": "T-3", "endpoint_id": sold.endpoint_id}):
            assert (await reseller.get("/events", params=asked)).status_code == 403
