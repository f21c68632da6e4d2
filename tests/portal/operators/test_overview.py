"""The operators' page, as somebody sees it who has logged in with a browser without JavaScript."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from pydantic import SecretStr
from temporalio.client import Client, WorkflowFailureError

from contract.workflow_ids import subscription_id
from seller import records, stock
from seller.client import SellerClient
from temporal.data_converter import data_converter
from tests.support.cable import cable
from tests.support.counted import counting
from tests.support.html_visitor import Page, Visitor, visiting
from tests.support.portal import opened
from tests.support.seller import PRODUCT, Run, Seller, eventually, seller
from tools.simulator.fault import Fault
from tools.simulator.plan import GIGABYTE

PASSWORD = "a password of the tests"
WEB_UI = "https://temporal.example.com/"


async def log_in(visitor: Visitor, password: str = PASSWORD) -> httpx.Response:
    return await visitor.send(await visitor.page("/operators/login"), "login", password=password)


@asynccontextmanager
async def operator(shop: Seller) -> AsyncIterator[Visitor]:
    """Who is logged in."""
    settings = {"portal_operator_password": SecretStr(PASSWORD), "portal_web_ui": WEB_UI}
    async with opened(shop, **settings) as portal, visiting(portal.url) as visitor:
        assert (await log_in(visitor)).headers["location"] == "/operators"
        yield visitor


async def find(visitor: Visitor, name: str) -> httpx.Response:
    """Looks an eSIM up, and follows to its page."""
    found = await visitor.send(await visitor.page("/operators"), "find-esim", esim=name)
    return await visitor.http.get(found.headers["location"]) if found.status_code == 303 else found


async def stuck(shop: Seller, visitor: Visitor, **changes: str) -> tuple[Run, str]:
    """A sale of a plan that SFT refuses, once the page shows it."""
    purchase = shop.purchase(plan_id="PLAN-UNHEARD-OF", traveler_id=f"T-{shop.number}", **changes)
    run = await shop.start(purchase)
    await visitor.has("/operators", f'id="amend-{purchase.purchase_id}"')
    return run, purchase.purchase_id


async def test_what_happened_to_a_sale_is_told_on_a_page_that_its_purchase_finds_where_it_has_no_esim(
    shop: Seller,
) -> None:
    async with operator(shop) as visitor:
        _, purchase_id = await stuck(shop, visitor)
        page = f"/operators/sales/{purchase_id}/history"
        assert (await visitor.page("/operators")).links["What happened"] == page
        html = await visitor.text(page)
        assert html.index("Bought: Wakanda") < html.index("SFT refused to put add-on PLAN-UNHEARD-OF")
        assert (await visitor.page(page)).links["Back to the sales"] == "/operators"
        shop.platform.order(Fault(call="fetchSIM", kind="error_before", times=0))
        run = await shop.start(purchase := shop.purchase())
        await run.cancel()
        told = await find(visitor, purchase.purchase_id)
        assert (told.status_code, told.url.path) == (200, f"/operators/sales/{purchase.purchase_id}/history")
        assert "Bought: Wakanda" in told.text
        unknown = await visitor.http.get("/operators/sales/P-unheard-of/history")
        assert (unknown.status_code, "P-unheard-of" in unknown.text) == (404, True)


async def test_what_waits_is_shown_with_its_reason_its_run_and_the_stock(shop: Seller) -> None:
    async with operator(shop) as visitor:
        sold = await shop.sell()
        run, purchase_id = await stuck(shop, visitor)
        html = await visitor.text("/operators")
        run_id = (await run.describe()).run_id
        assert f"{WEB_UI}namespaces/default/workflows/provision-{purchase_id}/{run_id}/history" in html
        for words in (
            "Needs attention",
            f"T-{shop.number}",
            "PLAN-UNHEARD-OF",
            "SFT refused",
            "Amend it to a product",
            "available eSIMs",
        ):
            assert words in html
        assert "amend_plan" not in html
        assert f"<code>{sold.addon.purchase_id}</code>" in html
        assert 'class="status">sold<' in html
        assert sold.activation_code not in html


async def test_an_operator_finds_an_esim_by_any_of_its_numbers_and_sees_whether_it_is_installed(shop: Seller) -> None:
    for esim in shop.platform.endpoints:  # numbers that no other test has
        esim.iccid, esim.msisdn = f"89{next(shop.numbers):017}", f"32{next(shop.numbers)}"
    async with operator(shop) as visitor:
        sold = await shop.sell()
        assert sold.msisdn

        async def asked(number: str) -> httpx.Response:
            return await find(visitor, number)

        assert "SFT has not told whether it is installed" in (await asked(sold.endpoint_id)).text
        change = {"status": "disabled", "at": "2026-11-02T08:29:41Z"}
        await shop.run_of(sold.endpoint_id).signal("profile_changed", {"changes": [change]})

        async def is_listed() -> bool:
            return (await asked(sold.iccid)).status_code == 200

        await eventually(is_listed)
        spaced = " ".join((sold.iccid[:4], sold.iccid[4:]))
        for number in (sold.endpoint_id, f" subscription-{sold.endpoint_id} ", spaced, f"+{sold.msisdn}"):
            found = await asked(number)
            assert found.status_code == 200, number
            for words in (sold.endpoint_id, "T-42", "switched off", "2 Nov 2026", PRODUCT):
                assert words in found.text
            assert sold.activation_code not in found.text
        for number in ("-", "' OR 1=1", "12", f"{sold.iccid}1"):
            assert (await asked(number)).status_code == 404


async def test_an_operator_sees_what_is_left_on_an_esim(shop: Seller) -> None:
    async with operator(shop) as visitor:
        endpoint_id = (await shop.sell()).endpoint_id
        for used, words in ((12, "In use, 18.0 of 30.0 GB left"), (18, "Used up, 0.0 of 30.0 GB left")):
            shop.platform.use(endpoint_id, used * GIGABYTE)
            await shop.run_of(endpoint_id).execute_update("refresh_usage")
            found = await find(visitor, endpoint_id)
            assert (found.status_code, f"{PRODUCT}: {words}" in found.text) == (200, True)


async def test_an_amended_sale_goes_on(shop: Seller, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="portal.operators")
    async with operator(shop) as visitor:
        run, purchase_id = await stuck(shop, visitor)
        form = f"amend-{purchase_id}"
        unknown = await visitor.send(await visitor.page("/operators"), form, product="Atlantis <Deep>")
        assert (unknown.status_code, "no product &#39;Atlantis" in unknown.text) == (409, True)
        back = Page(unknown.text)
        assert back.forms[form]["product"] == "Atlantis <Deep>"
        amended = await visitor.send(back, form, product="Wakanda Daily")
        assert "Amended" in await visitor.text(amended.headers["location"])
        assert (await run.result()).addon.plan_id == "PLAN-WAKANDA-DAILY"
        said = f"An operator amended purchase '{purchase_id}': 'Wakanda Daily' ('PLAN-WAKANDA-DAILY')"
        assert [record.getMessage() for record in caplog.records if record.name == "portal.operators"] == [said]


async def test_a_product_that_is_not_in_the_catalog_is_amended_by_its_plan(shop: Seller) -> None:
    async with operator(shop) as visitor:
        run, purchase_id = await stuck(shop, visitor)
        page = await visitor.page("/operators")
        fields = {"product": "Special", "plan_id": " PLAN-WAKANDA-DAILY "}
        await visitor.send(page, f"amend-{purchase_id}", **fields)
        addon = (await run.result()).addon
        assert (addon.product, addon.plan_id) == ("Special", "PLAN-WAKANDA-DAILY")
        late = await visitor.send(page, f"amend-{purchase_id}", **fields)
        assert (late.status_code, "any more: it was sold" in late.text) == (404, True)
        wrong = await visitor.send(page, f"amend-{purchase_id}", product="Atlantis")
        assert (wrong.status_code, "Nothing was amended: The catalog has no" in wrong.text) == (409, True)


async def test_a_sale_that_sft_refuses_again_stays_in_its_place_and_shows_the_plan_refused_last(shop: Seller) -> None:
    async with operator(shop) as visitor:
        again, purchase_id = await stuck(shop, visitor)
        other, other_id = await stuck(shop, visitor)
        fields = {"product": "Special", "plan_id": "PLAN-UNHEARD-OF-TOO"}
        await visitor.send(await visitor.page("/operators"), f"amend-{purchase_id}", **fields)
        html = await visitor.has("/operators", 'Special <span class="number">(PLAN-UNHEARD-OF-TOO)</span>')
        assert html.index(f'id="sale-{purchase_id}"') < html.index(f'id="sale-{other_id}"')
        for run in (again, other):
            await run.cancel()


async def test_a_sale_is_cancelled_once_that_is_confirmed(shop: Seller) -> None:
    async with operator(shop) as visitor:
        run, _ = await stuck(shop, visitor)
        asked = await visitor.page(Page(await visitor.text("/operators")).links["Cancel this sale"])
        cancelled = await visitor.send(asked, "cancel")
        assert "Cancelling" in await visitor.text(cancelled.headers["location"])
        with pytest.raises(WorkflowFailureError):
            await run.result()
        await visitor.has("/operators", 'class="status">cancelled<')
        late = await visitor.send(asked, "cancel")
        assert (late.status_code, "any more: it was cancelled" in late.text) == (404, True)


async def test_what_is_not_under_way_cannot_be_cancelled(shop: Seller) -> None:
    async with operator(shop) as visitor:
        sold = (await shop.sell()).addon.purchase_id
        for purchase_id, words in {"NOPE": "is not under way: Temporal knows", sold: "any more: it was sold"}.items():
            answer = await visitor.http.get(f"/operators/sales/{purchase_id}/cancel")
            assert (answer.status_code, words in answer.text) == (404, True)


async def test_a_sale_that_waits_for_stock_is_shown_and_cannot_be_amended(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working(), operator(shop) as visitor:
        purchase = shop.purchase()
        await shop.start(purchase)
        html = await visitor.has("/operators", f'id="sale-{purchase.purchase_id}"')
        for words in ("Waits for stock", "None is left: sales wait.", "<strong>It fails on "):
            assert words in html
        assert f'id="amend-{purchase.purchase_id}"' not in html


async def test_what_sft_lists_and_nobody_would_get_is_not_counted_and_explained(client: Client) -> None:
    async with seller(client, esims=1) as shop, shop.working(), operator(shop) as visitor:
        shop.platform.order(Fault(call="EndPointLifeCycleChange", kind="rejected", times=0))
        run = await shop.start()
        await shop.reaches(run, "waiting_for_stock")
        html = await visitor.has("/operators", "Waits for stock")
        for words in (
            "None is left: sales wait.",
            "1 more that SFT lists are not counted",
            "list --status quarantined",
        ):
            assert words in html
        await run.cancel()


async def test_how_long_the_stock_lasts_is_shown(client: Client) -> None:
    async with seller(client, esims=30) as shop, shop.working(), operator(shop) as visitor:
        await shop.sell()
        html = await visitor.has("/operators", "available eSIMs")
        for words in ("Sold: 1 in the last day", "At that rate it ends on <strong>"):
            assert words in html
        assert "Order eSIMs from SFT" not in html


async def test_only_who_is_logged_in_sees_or_changes_anything(shop: Seller) -> None:
    async with operator(shop) as visitor:
        run, purchase_id = await stuck(shop, visitor)
        page = await visitor.page("/operators")
        stranger = httpx.AsyncClient(base_url=visitor.http.base_url)
        async with stranger:
            for address in ("/operators", f"/operators/sales/{purchase_id}/cancel"):
                assert (await stranger.get(address)).headers["location"] == "/operators/login"
            sent = await stranger.post(page.actions[f"amend-{purchase_id}"], data=page.forms[f"amend-{purchase_id}"])
            assert sent.headers["location"] == "/operators/login"
        for seal in ("", page.forms["logout"]["form"]):  # none, and that of another form
            forged = await visitor.http.post(f"/operators/sales/{purchase_id}/cancel", data={"form": seal})
            assert forged.status_code == 403
        assert (await shop.progress(run)).step == "needs_attention"
        await visitor.send(page, "logout")
        assert (await visitor.http.get("/operators")).headers["location"] == "/operators/login"


async def test_whoever_guesses_the_password_is_slowed_down(open_shop: Seller) -> None:
    async with (
        opened(open_shop, portal_operator_password=SecretStr(PASSWORD)) as portal,
        visiting(portal.url) as visitor,
    ):
        wrong = [await log_in(visitor, f"{PASSWORD}{number}") for number in range(5)]
        assert {answer.status_code for answer in wrong} == {403}
        assert PASSWORD not in wrong[0].text
        late = await log_in(visitor)
        assert (late.status_code, "operator" in str(late.headers.get("set-cookie"))) == (429, False)
        assert 0 < int(late.headers["retry-after"]) <= 60


async def test_without_a_password_there_is_no_page(open_shop: Seller) -> None:
    async with opened(open_shop) as portal, httpx.AsyncClient(base_url=portal.url, timeout=60) as anybody:
        for address in ("/operators", "/operators/login"):
            assert (await anybody.get(address)).status_code == 404


async def test_without_a_worker_what_temporal_knows_is_shown(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock, "PATIENCE_SECONDS", 0.5)
    async with seller(client) as shop, operator(shop) as visitor:
        purchase = shop.purchase()
        await shop.start(purchase)
        html = await visitor.has("/operators", purchase.purchase_id)
        assert 'class="status">under way<' in html
        assert "No worker has counted the stock" in html


async def test_only_those_that_waited_longest_are_shown_and_soon_also_where_nobody_tells_why(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stock, "PATIENCE_SECONDS", 0.5)
    for name, value in {"MOST_WAITING": 2, "MOST_AT_ONCE": 1, "REASON_SECONDS": 0.5}.items():
        monkeypatch.setattr(records, name, value)
    async with seller(client, esims=0) as shop, operator(shop) as visitor:
        purchases = [shop.purchase() for _ in range(3)]
        async with shop.working():
            for purchase in purchases:
                await shop.reaches(await shop.start(purchase), "waiting_for_stock")
            html = await visitor.has("/operators", "3 wait: these 2 have waited longest.")
            assert [f'id="sale-{one.purchase_id}"' in html for one in purchases] == [True, True, False]
        began = time.monotonic()
        lookers = [visitor.text("/operators") for _ in range(4)]
        assert all("No worker answers" in html for html in await asyncio.gather(*lookers))
        assert time.monotonic() - began < 4, "they waited one after the other"


async def test_without_temporal_one_sentence_says_so(client: Client, open_shop: Seller) -> None:
    async with cable(client.service_client.config.target_host) as way:
        far = await Client.connect(way.address, data_converter=data_converter)
        async with operator(Seller(far, open_shop.platform, open_shop.base_url, open_shop.number)) as visitor:
            way.cut()
            answer = await visitor.http.get("/operators")
            assert answer.status_code == 503
            assert "does not answer" in answer.text


async def test_the_stock_is_counted_once_a_minute(open_shop: Seller) -> None:
    async with operator(open_shop) as visitor:
        await visitor.has("/operators", "available eSIMs")
        counts = open_shop.platform.calls["fetchSIM"]
        await visitor.text("/operators")
        assert open_shop.platform.calls["fetchSIM"] == counts


async def test_an_esim_that_was_ended_from_outside_is_shown_until_it_is_restored(shop: Seller) -> None:
    async with operator(shop) as visitor:
        endpoint_id = (await shop.sell()).endpoint_id
        assert subscription_id(endpoint_id) not in await visitor.text("/operators")
        await shop.run_of(endpoint_id).terminate("by mistake")
        assert "starter.py restore" in await visitor.has("/operators", subscription_id(endpoint_id))
        await SellerClient(shop.client, shop.task_queue).restore(endpoint_id)
        assert subscription_id(endpoint_id) not in await visitor.text("/operators")


async def test_of_sales_that_wait_only_what_is_new_is_read_again(client: Client) -> None:
    counted, asked = counting(client)
    async with seller(client, esims=0) as shop, shop.working(), operator(replace(shop, client=counted)) as visitor:
        purchases = [shop.purchase() for _ in range(3)]
        for purchase in purchases:
            await shop.reaches(await shop.start(purchase), "waiting_for_stock")
            await visitor.has("/operators", f'id="sale-{purchase.purchase_id}"')
        await visitor.text("/operators")
        asked.clear()
        html = await visitor.text("/operators")
        assert all(f'id="sale-{purchase.purchase_id}"' in html for purchase in purchases)
        assert (asked["history"], asked["query"], asked["describe"]) == (0, 1, 3)
        await client.get_workflow_handle(f"provision-{purchases[1].purchase_id}").cancel()

        async def is_gone() -> bool:
            return f'id="sale-{purchases[1].purchase_id}"' not in await visitor.text("/operators")

        await eventually(is_gone)
