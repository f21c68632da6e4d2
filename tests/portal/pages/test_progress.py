import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from temporalio.client import Client

from portal.pages import progress, standing
from portal.pages.shared_looks import SharedLooks
from seller import server
from seller.catalog import Catalog
from seller.errors import NoAnswer
from seller.sales import Sale
from temporal.data_converter import data_converter_with
from tests.support.cable import cable
from tests.support.counted import counting
from tests.support.html_visitor import Page, visiting
from tests.support.portal import opened
from tests.support.seller import Seller, eventually, seller
from tools.simulator.fault import Fault


def steps(text: str) -> list[str]:
    """Of each step on a page, or in an event, what it is marked with."""
    return [part.split('"')[0] for part in text.split('data-state="')[1:]]


async def test_the_steps_are_sent_as_they_happen_until_there_is_nothing_more_to_follow(shop: Seller) -> None:
    shop.platform.order(Fault(call="SubscribeAddon", kind="delay", delay_seconds=1.5))
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        address, seen, events = await visitor.buy(), [], []
        async with visitor.http.stream("GET", f"{address}/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            async for line in stream.aiter_lines():
                events += [line] if line.startswith("event:") else []
                seen += [line]
        text = "\n".join(seen)
        assert "Your data is being added to your eSIM." in text
        assert steps(text)[-8:] == ["done", "done", "current", "open", *["done"] * 4]
        assert events[-1] == "event: over"
        assert steps(await visitor.text(address)) == ["done"] * 4
        assert "/events" not in await visitor.text(address)


async def test_who_waits_for_stock_is_told_so_and_what_became_of_it(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working(), opened(shop) as portal, visiting(portal.url) as visitor:
        address = await visitor.buy()
        waiting = await visitor.has(address, "All our eSIMs are sold")
        assert steps(waiting) == ["current", "open", "open", "open"]
        assert '<noscript><meta http-equiv="refresh"' in waiting
        assert "Waiting for a new eSIM" in await visitor.text("/esims")
        await client.get_workflow_handle(f"provision-{address.split('/')[2]}").cancel()
        failed = await visitor.has(address, "This purchase was cancelled. You have no eSIM from it, and you need not")
        assert steps(failed) == []
        assert "Your eSIM could not be prepared" in await visitor.text("/esims")


async def test_whose_purchase_needs_attention_is_told_that_somebody_sees_to_it(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        portal.shop.catalog = lambda: Catalog(products={"Atlantis": "PLAN-ATLANTIS"})
        address = (await visitor.send(await visitor.checkout("Atlantis"), "confirm")).headers["location"]
        attention = await visitor.has(address, "One of us looks into it")
        assert steps(attention) == ["done", "done", "current", "open"]
        assert "SFT" not in attention
        assert "PLAN-ATLANTIS" not in attention


async def test_who_waits_long_is_told_that_it_goes_on(shop: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "SLOW_SECONDS", 0)
    shop.platform.order(Fault(call="*", kind="error_before", times=0))
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        address = await visitor.buy()
        await visitor.has(address, "This takes longer than usual")
        shop.platform.clear_faults()
        await visitor.has(address, "Your eSIM is ready")


async def test_without_a_worker_the_page_says_so_and_goes_on_once_there_is_one(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ANSWER_SECONDS", 1.5)
    async with seller(client) as shop, opened(shop) as portal, visiting(portal.url) as visitor:
        address = await visitor.buy()
        async with visiting(portal.url) as somebody:
            asked = asyncio.gather(visitor.http.get(address), visitor.http.get("/esims"), somebody.http.get(address))
            async with visitor.http.stream("GET", f"{address}/events") as stream, shop.working():
                text = "\n".join([line async for line in stream.aiter_lines()])
            page, esims, others = await asked
        assert text.index("We cannot see") < text.index("Your eSIM is ready")
        assert "We cannot see right now how far your eSIM is" in page.text
        assert (page.status_code, page.headers["retry-after"]) == (503, "5")
        assert "We cannot see right now how far your eSIM is" in esims.text
        assert others.status_code == 404


async def test_who_has_an_esim_is_told_what_is_away_and_never_that_something_tries_again_which_does_not(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ANSWER_SECONDS", 1.5)
    async with seller(client) as shop, opened(shop) as portal, visiting(portal.url) as visitor:
        async with shop.working():
            endpoint_id = await visitor.owns()
            esims, top_up = Page(await visitor.has("/esims", endpoint_id)), await visitor.top_up(endpoint_id)
        shown, install, refreshed, ordered = await asyncio.gather(
            visitor.http.get("/esims"),
            visitor.http.get(f"/esims/{endpoint_id}/install"),
            visitor.send(esims, f"refresh-{endpoint_id}"),
            visitor.send(top_up, "confirm"),
        )
        assert "1 of your eSIMs cannot be shown right now" in shown.text
        assert "We cannot see your eSIMs right now" in install.text
        assert "We cannot read right now what is left" in refreshed.text
        assert "We do not know yet whether your order arrived" in ordered.text
        for answer in (refreshed, ordered):
            assert (answer.status_code, "tries again" in answer.text) == (503, False)
        async with shop.working():
            again = await visitor.send(Page(ordered.text), "again")
            assert again.status_code == 303
            assert len((await portal.seller.subscriptions.get(endpoint_id)).addons) == 2


def test_what_is_given_back_after_a_purchase_is_not_yet_the_end_of_it() -> None:
    bought = {"purchase_id": "P-1", "traveler_id": "T-1", "product": "Wakanda Daily", "plan_id": "PLAN-1"}
    sale = Sale(**bought, started_at=datetime.now(UTC), run_id="run", step="failed", detail="Giving back")
    now = standing.standing(sale)
    assert (now.is_over, now.has_failed, "on our side" in now.sentence) == (False, True, False)


async def test_without_temporal_pages_say_so_and_what_was_ordered_can_be_sent_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ANSWER_SECONDS", 1.5)
    converter = data_converter_with(None)
    async with seller(client) as shop, cable(client.service_client.config.target_host) as way:
        through = replace(shop, client=await Client.connect(way.address, data_converter=converter))
        async with opened(through) as portal, visiting(portal.url) as visitor:
            page, address = await visitor.checkout("Wakanda Daily"), await visitor.buy()
            way.cut()
            order, esims, followed = await asyncio.gather(
                visitor.send(page, "confirm"), visitor.http.get("/esims"), visitor.http.get(address)
            )
            assert [answer.status_code for answer in (order, esims, followed)] == [503] * 3
            for answer in (esims, followed):
                assert "We cannot reach our eSIM service right now. Nothing is lost" in answer.text
            assert "We do not know yet whether your order arrived" in order.text
            assert ("by itself" in order.text, "tries again" in order.text) == (False, False)
            assert page.forms["confirm"]["form"] in order.text
            assert "Wakanda Daily" in await visitor.text("/")


async def test_who_follows_in_too_many_tabs_asks_again_instead(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "MOST_STREAMS_EACH", 1)
    async with seller(client, esims=0) as shop, shop.working(), opened(shop) as portal, visiting(portal.url) as visitor:
        address = await visitor.buy()
        await visitor.has(address, "All our eSIMs are sold")
        async with visitor.http.stream("GET", f"{address}/events") as first:
            lines = first.aiter_lines()
            assert await anext(lines) == "retry: 1000"
            async with asyncio.timeout(5):
                second = await visitor.http.get(f"{address}/events")
            assert second.text.startswith("retry: 5000\n\nevent: progress\n")
            assert second.text.count("All our eSIMs are sold") == second.text.count("event:") == 1

        async def free() -> bool:
            async with visitor.http.stream("GET", f"{address}/events") as stream:
                return await anext(stream.aiter_lines()) == "retry: 1000"

        await eventually(free)
        await client.get_workflow_handle(f"provision-{address.split('/')[2]}").cancel()
        await visitor.has(address, "This purchase was cancelled")
        assert "event: over\n" in (await visitor.http.get(f"{address}/events")).text


async def test_a_portal_that_stops_lets_go_of_who_follows(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working(), opened(shop) as portal, visiting(portal.url) as visitor:
        address = await visitor.buy()
        async with visitor.http.stream("GET", f"{address}/events") as stream:
            lines = stream.aiter_lines()
            while "All our eSIMs are sold" not in await anext(lines):
                pass
            portal.app.state.is_closing = True
            async with asyncio.timeout(10):
                assert "event: over" not in [line async for line in lines]
        await client.get_workflow_handle(f"provision-{address.split('/')[2]}").cancel()


async def test_streams_of_one_purchase_share_their_looks_and_ask_no_worker_while_nothing_happens(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(progress, "SLOW_LOOK_SECONDS", 0.1)
    counted, asked = counting(client)
    async with (
        seller(client, esims=0) as shop,
        shop.working(),
        opened(replace(shop, client=counted)) as portal,
        visiting(portal.url) as visitor,
    ):
        address = await visitor.buy()
        await visitor.has(address, "All our eSIMs are sold")

        async def follow(looks: int) -> None:
            """Until so many looks have brought nothing new."""
            async with visitor.http.stream("GET", f"{address}/events") as stream:
                async for line in stream.aiter_lines():
                    looks -= line == ": nothing new"
                    if not looks:
                        return

        asked.clear()
        await asyncio.gather(*(follow(10) for _ in range(progress.MOST_STREAMS_EACH)))
        assert asked["query"] <= 1
        assert set(asked) <= {"query", "describe"}
        assert asked["describe"] < 10 * progress.MOST_STREAMS_EACH / 2
        await client.get_workflow_handle(f"provision-{address.split('/')[2]}").cancel()
        await visitor.has(address, "This purchase was cancelled")


async def test_a_look_is_shared_also_where_it_fails_or_who_began_it_goes_away() -> None:
    begun, gate = list[str](), asyncio.Event()

    async def look(purchase_id: str) -> Sale:
        begun.append(purchase_id)
        await gate.wait()
        raise NoAnswer("NoWorker", "No worker answers")

    looks = SharedLooks(look)
    first, second = [asyncio.create_task(looks.at("P-1", 1)) for _ in range(2)]
    await asyncio.sleep(0)
    first.cancel()
    gate.set()
    with pytest.raises(NoAnswer):
        await second
    with pytest.raises(NoAnswer):
        await looks.at("P-1", 1)
    assert begun == ["P-1"]
    with pytest.raises(NoAnswer):
        await looks.at("P-1", 0)
    assert begun == ["P-1", "P-1"]
