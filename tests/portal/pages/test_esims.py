import asyncio

import pytest
from temporalio.client import Client

from cli import server
from cli.server import NobodyAnswers
from domain.subscription import LifecycleOrder
from simulator.fault import Fault
from tests.portal.open import opened
from tests.portal.pages.visitor import Page, Visitor, visiting
from tests.seller import Seller, seller

GIGABYTE = 1024**3


async def test_what_is_left_is_read_shown_and_folded_away_once_it_is_used_up(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        assert "You have no eSIM yet" in await visitor.text("/esims")
        endpoint_id = await visitor.owns()
        assert "not read yet" in await visitor.has("/esims", endpoint_id)
        shop.platform.use(endpoint_id, 10 * GIGABYTE)
        shown = await press(visitor, f"refresh-{endpoint_id}")
        assert "This is what is left now." in shown
        assert "<strong>20 GB</strong> left of 30 GB" in shown
        assert "In use · valid until <time" in shown
        assert "<details>" not in shown
        shop.platform.use(endpoint_id, 20 * GIGABYTE)
        shown = await press(visitor, f"refresh-{endpoint_id}")
        assert "There is no data on this eSIM at the moment." in shown.split("<details>")[0]
        assert "Used up" in shown.split("<details>")[1]


async def test_who_refreshes_all_the_time_does_not_ask_the_network_all_the_time(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        endpoint_id = await visitor.owns()
        page, calls = Page(await visitor.has("/esims", endpoint_id)), shop.platform.calls["GetEndPointProfile"]
        notes = [(await visitor.send(page, f"refresh-{endpoint_id}")).headers["location"] for _ in range(6)]
        assert [note.split("#")[0] for note in notes] == [*["/esims?note=refreshed"] * 4, *["/esims?note=enough"] * 2]
        assert shop.platform.calls["GetEndPointProfile"] == calls + 4
        assert "was read a moment ago" in await visitor.text(notes[-1])


async def test_the_same_again_is_bought_once_for_a_page_however_often_it_is_sent(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        endpoint_id = await visitor.owns()
        page, reloaded = [Page(await visitor.has("/esims", endpoint_id)) for _ in range(2)]
        for sent in await asyncio.gather(*(visitor.send(one, f"same-{endpoint_id}") for one in (page, page, reloaded))):
            assert (sent.status_code, sent.headers["location"]) == (303, f"/esims?note=bought#esim-{endpoint_id}")
        assert len((await portal.shop.esim(endpoint_id)).addons) == 2
        shown = await press(visitor, f"another-{endpoint_id}", product="Wakanda Daily")
        assert shown.count('class="addon"') == 3
        conflict = await visitor.send(reloaded, f"same-{endpoint_id}", product="Wakanda Daily")
        assert (conflict.status_code, "Bought already" in conflict.text) in ((409, True), (303, False))
        assert [addon.product for addon in (await portal.shop.esim(endpoint_id)).addons][2:] == ["Wakanda Daily"]


async def test_a_refused_and_a_slow_network_are_told_in_words(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        portal.shop.order_seconds = 0.2
        endpoint_id = await visitor.owns()
        await visitor.has("/esims", endpoint_id)
        shop.platform.order(Fault(call="*", kind="error_before", times=0))
        assert "please look again in a minute" in await press(visitor, f"refresh-{endpoint_id}")
        shown = await press(visitor, f"same-{endpoint_id}")
        assert "Being added" in shown
        assert 'data-again="3"' in shown
        shop.platform.clear_faults()
        await visitor.has("/esims", "Ready · not read yet")


async def test_one_esim_that_can_not_be_seen_hides_no_other(
    shop: Seller, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "patience", lambda: 1.0)
    async with opened(shop) as portal, visiting(portal.url) as visitor, seller(client) as elsewhere:
        endpoint_id = await visitor.owns()
        traveler_id = (await portal.shop.esim(endpoint_id)).traveler_id
        async with elsewhere.working():
            hidden = await elsewhere.sell(elsewhere.purchase(traveler_id=traveler_id))
            await visitor.has("/esims", f"esim-{hidden.endpoint_id}")
        page = await visitor.text("/esims")
        assert "1 of your eSIMs can not be shown right now." in page
        assert (f"esim-{endpoint_id}" in page, f"esim-{hidden.endpoint_id}" in page) == (True, False)
        with pytest.raises(NobodyAnswers):  # a program is told that it does not know all
            await portal.shop.esims_of(traveler_id)


async def test_a_suspended_and_a_closed_esim_say_so_and_sell_nothing(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        endpoint_id = await visitor.owns()
        await visitor.has("/esims", endpoint_id)
        for change, words in (("suspend", "This eSIM is suspended"), ("close", "This eSIM is closed")):
            await shop.run_of(endpoint_id).execute_update(change, LifecycleOrder(reason="customer_service"))
            assert "Buy" not in (await visitor.has("/esims", words)).split("<main")[1]
        assert (await visitor.http.get(f"/esims/{endpoint_id}/install")).status_code == 404


async def test_somebody_elses_things_are_not_found_just_like_what_does_not_exist(open_shop: Seller) -> None:
    async with opened(open_shop) as portal, visiting(portal.url) as visitor, visiting(portal.url) as somebody:
        address = await visitor.buy()
        endpoint_id = Page(await visitor.has(address, "Your eSIM is ready")).links["Install"].split("/")[2]
        seal = (await somebody.checkout()).forms["confirm"]["form"]
        bodies = set()
        for name in (endpoint_id, "4711", "a" * 2000, "%00", "subscription-" + endpoint_id):
            bodies |= {await refused(somebody, "GET", f"/esims/{name}/install")}
            for order in ("refresh", "addons"):
                fields = {"form": seal, "product": "Wakanda Daily"}
                bodies |= {await refused(somebody, "POST", f"/esims/{name}/{order}", fields)}
        for name in (address.split("/")[2], "P-4711", "a" * 2000, "%0a"):
            bodies |= {await refused(somebody, "GET", f"/purchases/{name}{more}") for more in ("", "/events")}
        bodies |= {await refused(somebody, "GET", "/nothing")}
        assert len(bodies) == 1
        assert "There is nothing here, or it is not yours" in bodies.pop()
        assert "You have no eSIM yet" in await somebody.text("/esims")
        assert len((await portal.shop.esim(endpoint_id)).addons) == 1


async def refused(visitor: Visitor, method: str, address: str, fields: dict[str, str] | None = None) -> str:
    """The page of a refusal."""
    answer = await visitor.http.request(method, address, data=fields)
    assert answer.status_code == 404, (address, answer.text)
    return answer.text


async def press(visitor: Visitor, form_id: str, **fields: str) -> str:
    """What is shown after a form of My eSIMs was sent."""
    sent = await visitor.send(await visitor.page("/esims"), form_id, **fields)
    assert sent.status_code == 303, sent.text
    return await visitor.text(sent.headers["location"])
