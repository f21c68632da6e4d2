import asyncio
from dataclasses import replace

import pytest
from temporalio.client import Client

from contract.addon import Addon
from contract.order import LifecycleOrder
from contract.subscription import Subscription
from portal.pages import esims
from portal.pages.cards import Card
from seller import server
from tests.support.counted import counting
from tests.support.html_visitor import Page, Visitor, visiting
from tests.support.portal import opened
from tests.support.seller import PRODUCT, Seller, eventually, seller
from tests.support.subscription_states import started_unread
from tools.simulator.fault import Fault

GIGABYTE = 10**9


async def test_what_is_left_is_read_shown_and_folded_away_once_it_is_used_up(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        assert "You have no eSIM yet" in await visitor.text("/esims")
        endpoint_id = await visitor.owns()
        assert "Starts when first used" in await visitor.has("/esims", endpoint_id)
        shop.platform.use(endpoint_id, 10 * GIGABYTE)
        shown = await press(visitor, f"refresh-{endpoint_id}")
        assert "This is what is left now." in shown
        assert "<strong>20 GB</strong> left of 30 GB" in shown
        assert ("<span>In use</span>" in shown, "<span>valid until <time" in shown) == (True, True)
        assert "Past (" not in shown
        shop.platform.use(endpoint_id, 20 * GIGABYTE)
        shown = await press(visitor, f"refresh-{endpoint_id}")
        now, past = shown.split("Past (1)")
        assert f"{PRODUCT} is used up, all 30 GB of it: there is no data on this eSIM at the moment." in now
        assert "<span>Used up, all 30 GB</span>" in past


async def test_who_refreshes_all_the_time_does_not_ask_the_network_all_the_time(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        endpoint_id = await visitor.owns()
        page, calls = Page(await visitor.has("/esims", endpoint_id)), shop.platform.calls["GetEndPointProfile"]
        notes = [(await visitor.send(page, f"refresh-{endpoint_id}")).headers["location"] for _ in range(6)]
        assert [note.split("&")[0] for note in notes] == [*["/esims?note=refreshed"] * 4, *["/esims?note=enough"] * 2]
        assert shop.platform.calls["GetEndPointProfile"] == calls + 4
        told = await visitor.text(notes[-1])
        assert told.index(f'id="esim-{endpoint_id}"') < told.index("was read a moment ago"), "where it was asked for"


async def test_the_same_again_is_bought_once_for_a_page_however_often_it_is_sent(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        endpoint_id = await visitor.owns()
        shown = await visitor.has("/esims", endpoint_id)
        assert f"Buy {PRODUCT} again" in shown
        assert "<option>Wakanda Daily</option>" in shown
        assert f"<option>{PRODUCT}</option>" not in shown
        iccid = (await portal.seller.subscriptions.get(endpoint_id)).iccid
        assert f"added to your eSIM {PRODUCT} (…{iccid[-4:]})" in await visitor.top_up_text(endpoint_id)
        page, reloaded = [await visitor.top_up(endpoint_id) for _ in range(2)]
        for sent in await asyncio.gather(*(visitor.send(one, "confirm") for one in (page, page, reloaded))):
            back = f"/esims?note=bought&esim={endpoint_id}#esim-{endpoint_id}"
            assert (sent.status_code, sent.headers["location"]) == (303, back)
        assert len((await portal.seller.subscriptions.get(endpoint_id)).addons) == 2
        other = await visitor.send(await visitor.top_up(endpoint_id, "Wakanda Daily"), "confirm")
        assert (await visitor.text(other.headers["location"])).count('class="addon"') == 3
        conflict = await visitor.send(reloaded, "confirm", product="Wakanda Daily")
        assert (conflict.status_code, "Nothing was bought" in conflict.text) == (403, True)
        assert [addon.product for addon in (await portal.seller.subscriptions.get(endpoint_id)).addons][2:] == [
            "Wakanda Daily"
        ]


async def test_what_leads_is_installing_until_the_esim_is_used_and_buying_after_that(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        endpoint_id = await visitor.owns()
        shown = await visitor.has("/esims", endpoint_id)
        assert shown.index(">Install</a>") < shown.index(f"Buy {PRODUCT} again")
        shop.platform.use(endpoint_id, GIGABYTE)
        shown = await press(visitor, f"refresh-{endpoint_id}")
        assert shown.index(f"Buy {PRODUCT} again") < shown.index(">Install</a>")


async def test_whether_it_is_installed_is_shown_as_sft_tells(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        endpoint_id = await visitor.owns()
        shown = await visitor.has("/esims", endpoint_id)
        assert "Installed on" not in shown
        for status, words in (("downloaded", "not installed yet"), ("installed", "Installed on 2 November 2026.")):
            change = {"status": status, "at": "2026-11-02T08:29:41Z"}
            await shop.run_of(endpoint_id).signal("profile_changed", {"changes": [change]})
            change["at"] = "2026-11-02T08:29:42Z"
            shown = await visitor.has("/esims", words)
            assert "2 November 2026" in shown
        assert shown.index(f"Buy {PRODUCT} again") < shown.index(">Install</a>")


async def test_a_top_up_that_is_refused_is_told_to_its_traveler_and_in_the_log(
    shop: Seller, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        opened(shop, portal_contact="help+esim@shop.example") as portal,
        opened(shop) as unreachable,
        visiting(portal.url) as visitor,
    ):
        endpoint_id = await visitor.owns()
        shop.platform.order(Fault(call="SubscribeAddon", kind="rejected", code="1014", description="Unknown", times=0))
        page = await visitor.top_up(endpoint_id)
        refused = await visitor.send(page, "confirm")
        assert (refused.status_code, "and nothing was bought or charged." in refused.text) == (409, True)
        assert '<a href="mailto:help%2Besim@shop.example" rel="noreferrer">Contact us</a>' in refused.text
        [warning] = [line for line in caplog.messages if "was refused" in line]
        purchase_id = (await portal.seller.subscriptions.get(endpoint_id)).addons[1].purchase_id
        assert warning.startswith(f"Add-on {purchase_id} on endpoint {endpoint_id} was refused: AddonRejected: ")
        shown = await visitor.text("/esims")
        assert "Could not be added: nothing was bought, and nothing was charged" in shown.split("Past (")[0]
        told = await visitor.send(Page(shown), f"read-{purchase_id}")
        shown = await visitor.text(told.headers["location"])
        assert "Could not be added" not in shown.split("Past (1)")[0], "is folded once it is read"
        visitor.http.base_url = unreachable.url
        for shown in (await visitor.text("/esims"), (await visitor.send(page, "confirm")).text):
            assert "contact us" not in shown.lower(), "there is no way to"


async def test_a_refused_and_a_slow_network_are_told_in_words(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        portal.shop.order_seconds = 0.2
        endpoint_id = await visitor.owns()
        await visitor.has("/esims", endpoint_id)
        shop.platform.order(Fault(call="*", kind="error_before", times=0))
        assert "please look again in a minute" in await press(visitor, f"refresh-{endpoint_id}")
        sent = await visitor.send(await visitor.top_up(endpoint_id), "confirm")
        shown = await visitor.text(sent.headers["location"])
        assert "Being added" in shown
        assert 'data-again="3"' in shown
        shop.platform.clear_faults()

        async def added() -> bool:
            return "Being added" not in await visitor.text("/esims")

        await eventually(added)


async def test_one_esim_that_cannot_be_seen_hides_no_other(
    shop: Seller, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ANSWER_SECONDS", 1.0)
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        endpoint_id = await visitor.owns()
        traveler_id = (await portal.seller.subscriptions.get(endpoint_id)).traveler_id
        hidden = f"{next(shop.numbers)}"
        await started_unread(shop, hidden, traveler_id)
        await visitor.has("/esims", "cannot be shown right now")
        page = await visitor.text("/esims")
        assert "1 of your eSIMs cannot be shown right now." in page
        assert (f"esim-{endpoint_id}" in page, f"esim-{hidden}" in page) == (True, False)
        listed = await portal.seller.subscriptions.of_traveler(
            traveler_id
        )  # a program is told that it does not know all
        assert {esim.endpoint_id: getattr(esim, "type", None) for esim in listed} == {
            endpoint_id: None,
            hidden: "NoWorker",
        }


async def test_a_suspended_and_a_closed_esim_say_so_and_sell_nothing(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        endpoint_id = await visitor.owns()
        await visitor.has("/esims", endpoint_id)
        for change, words in (("suspend", "suspended by our customer service"), ("close", "This eSIM is closed")):
            await shop.run_of(endpoint_id).execute_update(change, LifecycleOrder(reason="customer_service"))
            shown = (await visitor.has("/esims", words)).split("<main")[1]
            assert ("Buy" in shown, "Starts when first used" in shown) == (False, False)
            assert (await visitor.http.get(f"/esims/{endpoint_id}/checkout?product={PRODUCT}")).status_code == 404
        assert (await visitor.http.get(f"/esims/{endpoint_id}/install")).status_code == 404


async def test_somebody_elses_things_are_not_found_just_like_what_does_not_exist(open_shop: Seller) -> None:
    async with opened(open_shop) as portal, visiting(portal.url) as visitor, visiting(portal.url) as somebody:
        address = await visitor.buy()
        endpoint_id = Page(await visitor.has(address, "Your eSIM is ready")).links["Install"].split("/")[2]
        seal = (await somebody.checkout()).forms["confirm"]["form"]
        bodies = set()
        for name in (endpoint_id, "4711", "a" * 2000, "%00", "subscription-" + endpoint_id):
            bodies |= {await refused(somebody, "GET", f"/esims/{name}/install")}
            bodies |= {await refused(somebody, "GET", f"/esims/{name}/checkout?product=Wakanda+Daily")}
            for order in ("refresh", "addons", "name"):
                fields = {"form": seal, "product": "Wakanda Daily"}
                bodies |= {await refused(somebody, "POST", f"/esims/{name}/{order}", fields)}
        for name in (address.split("/")[2], "P-4711", "a" * 2000, "%0a"):
            bodies |= {await refused(somebody, "GET", f"/purchases/{name}{more}") for more in ("", "/events")}
        bodies |= {await refused(somebody, "GET", "/nothing")}
        assert len(bodies) == 1
        assert "There is nothing here, or it is not yours" in bodies.pop()
        assert "You have no eSIM yet" in await somebody.text("/esims")
        assert len((await portal.seller.subscriptions.get(endpoint_id)).addons) == 1


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


async def test_an_esim_that_was_ended_from_outside_is_still_there_and_nothing_can_be_bought_for_it(
    shop: Seller,
) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        endpoint_id = await visitor.owns()
        await visitor.has("/esims", endpoint_id)
        confirmed = await visitor.top_up(endpoint_id)
        await shop.run_of(endpoint_id).terminate("by mistake")
        shown = await visitor.has("/esims", "We are looking after this eSIM")
        assert (endpoint_id in shown, f"Buy {PRODUCT} again" in shown) == (True, False)
        sent = await visitor.send(confirmed, "confirm")
        assert (sent.status_code, "We are looking after this eSIM" in sent.text) == (409, True)
        await portal.seller.restore(endpoint_id)
        assert f"Buy {PRODUCT} again" in await visitor.text("/esims")
        assert (await visitor.send(confirmed, "confirm")).headers["location"].startswith("/esims?note=bought")


async def test_many_esims_are_shown_some_at_a_time_and_all_of_them_are_found(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(esims, "EACH", 2)
    counted, asked = counting(client)
    async with (
        seller(client, esims=5) as shop,
        shop.working(),
        opened(replace(shop, client=counted)) as portal,
        visiting(portal.url) as visitor,
    ):
        owned = {await visitor.owns() for _ in range(5)}

        async def all_listed() -> bool:
            return "Older eSIMs" in await visitor.text("/esims?page=2")

        await eventually(all_listed)
        asked.clear()
        pages = [await visitor.text("/esims")]
        assert asked["query"] == 2
        while older := Page(pages[-1]).links.get("Older eSIMs"):
            pages.append(await visitor.text(older))
        shown = [[one for one in owned if f'id="esim-{one}"' in page] for page in pages]
        assert [len(some) for some in shown] == [2, 2, 1]
        assert {one for some in shown for one in some} == owned
        assert not any('class="card purchase"' in page for page in pages)
        assert Page(pages[2]).links["Newer eSIMs"] == "/esims?page=2"
        [last] = shown[2]
        sent = await visitor.send(Page(pages[2]), f"refresh-{last}")
        assert sent.headers["location"] == f"/esims?note=refreshed&esim={last}&page=3#esim-{last}"
        fields = Page(pages[2]).forms[f"same-{last}"]
        paid = await visitor.page(f"/esims/{last}/checkout?product={PRODUCT}&page={fields['page']}")
        bought = (await visitor.send(paid, "confirm")).headers["location"]
        assert bought == f"/esims?note=bought&esim={last}&page=3#esim-{last}"
        for page in ("4", "0", "-1", "x", "9" * 50):
            assert 'class="card esim' in await visitor.text(f"/esims?page={page}") or page == "4"


def test_addons_are_told_apart_without_comparing_them(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0

    def compare(one: Addon, other: object) -> bool:
        nonlocal compared
        compared += 1
        return one is other

    monkeypatch.setattr(Addon, "__eq__", compare)
    addons = [
        Addon(purchase_id=f"P-{number}", product=PRODUCT, plan_id="P", status=status)
        for number, status in enumerate(["failed", "provisioned"] * 50)
    ]
    esim = Subscription(
        subscription_id="S", traveler_id="T", endpoint_id="E", iccid="8932", status="active", addons=addons
    )
    card = Card.of(esim, {})
    assert (len(card.current), len(card.past), compared) == (50, 50, 0)
