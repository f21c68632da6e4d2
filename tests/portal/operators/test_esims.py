"""An eSIM on the operators' pages: found, shown with all that was bought and ordered, and ordered about."""

from temporalio.client import Client

from contract.order import RemovalOrder
from contract.purchase import AddonPurchase
from tests.portal.operators.test_overview import find, operator
from tests.support.html_visitor import Page, Visitor
from tests.support.mailbox import Mailbox, mail_server
from tests.support.seller import Seller, eventually, seller
from tools.simulator.fault import Fault
from tools.simulator.plan import GIGABYTE


async def order(visitor: Visitor, address: str, name: str, reason: str) -> str:
    """Asks for it, says yes, and returns the page that comes then."""
    asked = await visitor.page(address)
    done = await visitor.send(asked, name, reason=reason)
    assert done.status_code == 303, done.text
    return await visitor.text(done.headers["location"])


async def test_an_esim_is_suspended_resumed_and_closed_each_after_a_question(shop: Seller) -> None:
    async with operator(shop) as visitor:
        endpoint_id = (await shop.sell()).endpoint_id
        page = f"/operators/esims/{endpoint_id}"
        assert "nobody has ordered anything" in await visitor.text(page)
        links = (await visitor.page(page)).links
        asked = await visitor.page(links["Suspend the eSIM"])
        assert (await shop.subscription(endpoint_id)).status == "active", "nothing is done before the question"
        sent = await visitor.send(asked, "suspend", reason="non_payment")
        html = await visitor.text(sent.headers["location"])
        for words in ("Suspended: it carries no traffic.", "non payment", "an operator", "Resume the eSIM"):
            assert words in html
        assert "Suspend the eSIM" not in html
        assert shop.platform.endpoint(endpoint_id).status == "Suspended"
        assert "Resumed" in await order(visitor, f"{page}/resume", "resume", "customer_service")
        nonsense = await visitor.send(await visitor.page(f"{page}/suspend"), "suspend", reason="because")
        assert (nonsense.status_code, "reason &#39;because&#39;" in nonsense.text) == (409, True)
        closed = await order(visitor, f"{page}/close", "close", "customer_service")
        assert "Closed for good." in closed
        assert [one for one in Page(closed).links if "eSIM" in one] == ["Travel eSIMs · Operators"]
        late = await visitor.http.get(f"{page}/suspend")
        assert (late.status_code, "this eSIM is closed" in late.text) == (404, True)
        orders = (await shop.subscription(endpoint_id)).orders
        assert [(one.order, one.ordered_by) for one in orders] == [
            (name, "an operator") for name in ("suspend", "resume", "close")
        ]


async def test_later_and_refused_addons_are_shown_and_one_is_taken_off(shop: Seller) -> None:
    async with operator(shop) as visitor:
        sold = await shop.sell()
        page = f"/operators/esims/{sold.endpoint_id}"
        later, refused = shop.addon(), shop.addon(plan_id="PLAN-UNHEARD-OF")
        for purchase in (later, refused):
            await _bought(shop, sold.endpoint_id, purchase)
        html = await visitor.text(page)
        assert "Could not be added" in html
        assert "PLAN-UNHEARD-OF" in html
        [failed] = [one for one in (await shop.subscription(sold.endpoint_id)).addons if one.error]
        assert failed.error
        assert failed.error.message.split("(")[0] in html
        address = f"{page}/addons/{later.purchase_id}/remove"
        assert f'href="{address}"' in html
        assert f"{refused.purchase_id}/remove" not in html, "there is nothing to take off"
        gone = await order(visitor, address, "remove", "bought <twice>")
        for words in ("Taken off, at SFT, too.", "bought &lt;twice&gt;", "remove addon"):
            assert words in gone
        assert len(shop.platform.endpoint(sold.endpoint_id).addons) == 1
        unknown = await visitor.http.get(f"{page}/addons/P-unknown/remove")
        assert (unknown.status_code, "P-unknown" in unknown.text) == (404, True)


async def test_an_unused_esim_is_given_back_and_a_used_one_says_why_not(shop: Seller) -> None:
    async with operator(shop) as visitor:
        unused, used = [(await shop.sell()).endpoint_id for _ in range(2)]
        shop.platform.use(used, GIGABYTE)
        given = await order(visitor, f"/operators/esims/{unused}/refund", "refund", "the trip was cancelled")
        assert "It was never used, and is closed: it may be paid back." in given
        assert "It may be paid back, since" in given
        kept = await order(visitor, f"/operators/esims/{used}/refund", "refund", "the trip was cancelled")
        assert "It was not given back, and nothing was changed" in kept
        assert "29.0 of 30.0 GB left" in kept


async def test_esims_are_found_by_their_traveler_and_by_the_purchase_they_were_sold_with(shop: Seller) -> None:
    async with operator(shop) as visitor:
        traveler_id = f"T-{next(shop.numbers)}"
        one = await shop.sell(shop.purchase(traveler_id=traveler_id))
        found = await find(visitor, one.addon.purchase_id)
        assert (found.status_code, found.url.path) == (200, f"/operators/esims/{one.endpoint_id}")
        other = await shop.sell(shop.purchase(traveler_id=traveler_id))

        async def both() -> str | None:
            text = (await find(visitor, traveler_id)).text
            return text if one.endpoint_id in text and other.endpoint_id in text else None

        listed = Page(await eventually(both))
        assert listed.links[other.endpoint_id] == f"/operators/esims/{other.endpoint_id}"
        nobody = await find(visitor, f"{traveler_id}-nobody")
        assert (nobody.status_code, "nor such a traveler" in nobody.text) == (404, True)


async def _bought(shop: Seller, endpoint_id: str, purchase: AddonPurchase) -> None:
    await shop.run_of(endpoint_id).signal("addon_purchased", purchase)
    await shop.settled(endpoint_id)


async def test_who_took_an_addon_off_elsewhere_is_shown(shop: Seller) -> None:
    async with operator(shop) as visitor:
        sold = await shop.sell()
        removal = RemovalOrder(purchase_id=sold.addon.purchase_id, reason="wrong plan", ordered_by="anna (key shop)")
        await shop.run_of(sold.endpoint_id).execute_update("remove_addon", removal)
        html = await visitor.text(f"/operators/esims/{sold.endpoint_id}")
        assert ("anna (key shop)" in html, "Take it off" in html) == (True, False)


async def test_what_happened_to_an_esim_is_told_on_a_page_that_needs_no_worker(shop: Seller) -> None:
    sold = await shop.sell()
    async with operator(shop) as visitor:
        page = f"/operators/esims/{sold.endpoint_id}"
        assert (await visitor.page(page)).links["What happened to it, step by step"] == f"{page}/history"
        html = await visitor.text(f"{page}/history")
        places = [html.index(words) for words in ("Bought: Wakanda", "SFT activated endpoint", "Sold: the eSIM")]
        assert places == sorted(places)
        assert sold.activation_code not in html
        unknown = await visitor.http.get("/operators/esims/9999999/history")
        assert (unknown.status_code, "9999999" in unknown.text) == (404, True)


async def test_an_operator_starts_a_failed_sale_again_and_mails_its_esim_again(client: Client) -> None:
    mailbox = Mailbox()
    async with (
        mail_server(mailbox) as settings,
        seller(client, **settings) as shop,
        shop.working(),
        operator(shop) as visitor,
    ):
        shop.platform.order(Fault(call="fetchSIM", kind="error_before", times=0))
        purchase = shop.purchase(email="travler@example.com")
        failed, purchase_id = await shop.start(purchase), purchase.purchase_id
        await failed.cancel()
        shop.platform.clear_faults()
        page = await visitor.has("/operators", f'aria-label="Start {purchase_id} again"')
        assert f"/operators/sales/{purchase_id}/retry" in page
        asked = await visitor.page(f"/operators/sales/{purchase_id}/retry")
        done = await visitor.send(asked, "retry")
        assert "Started again" in await visitor.text(done.headers["location"])
        sold = await shop.sell(purchase)  # which joins it
        late = await visitor.send(asked, "retry")
        assert (late.status_code, "did not fail" in late.text) == (409, True)
        esim = f"/operators/esims/{sold.endpoint_id}"
        await visitor.has(esim, "The mail with it: sent, to t…@example.com")
        nonsense = await visitor.send(await visitor.page(f"{esim}/resend"), "resend", email="no address")
        assert (nonsense.status_code, "no address" in nonsense.text) == (409, False)
        sent = await visitor.send(await visitor.page(f"{esim}/resend"), "resend", email="traveler@example.com")
        assert "It is being mailed" in await visitor.text(sent.headers["location"])
        await eventually(lambda: arrived(mailbox, 2))
    assert [one.rcpt_tos for one in mailbox.received] == [["travler@example.com"], ["traveler@example.com"]]


async def arrived(mailbox: Mailbox, mails: int) -> bool:
    return len(mailbox.received) >= mails
