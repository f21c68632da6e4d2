import asyncio

from tests.support.html_visitor import Page, visiting
from tests.support.portal import opened
from tests.support.seller import PRODUCT, Seller
from workflows.state import SubscriptionState


async def test_a_traveler_buys_follows_and_installs(open_shop: Seller) -> None:
    async with opened(open_shop) as portal, visiting(portal.url) as visitor:
        assert PRODUCT in await visitor.text("/")
        assert "nothing is charged" in await visitor.text(f"/checkout?product={PRODUCT}")
        ready = await visitor.has(await visitor.buy(), "Your eSIM is ready")
        address = Page(ready).links["Install"]
        install, endpoint = await visitor.text(address), open_shop.platform.endpoint(address.split("/")[2])
        smdp, matching_id = endpoint.activation_code.split("$")[1:]
        for shown in (
            f">{smdp}</code>",
            f">{matching_id}</code>",
            '<div class="qr" role="img" aria-label="QR code"><svg',
        ):
            assert shown in install
        for phone in ("apple", "android"):
            link = f"https://esimsetup.{phone}.com/esim_qrcode_provisioning?carddata={endpoint.activation_code}"
            assert f'href="{link}"' in install


async def test_the_same_form_sent_fifty_times_at_once_is_one_esim(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        page = await visitor.checkout()
        answers = await asyncio.gather(*(visitor.send(page, "confirm") for _ in range(50)))
        assert {answer.status_code for answer in answers} == {303}
        [address] = {answer.headers["location"] for answer in answers}
        await visitor.has(address, "Your eSIM is ready")
        assert shop.platform.calls["SubscribeAddon"] == 1
        assert (await visitor.text("/esims")).count('class="card esim') == 1


async def test_a_second_tab_and_a_reload_buy_once_and_who_comes_back_buys_again(open_shop: Seller) -> None:
    async with opened(open_shop) as portal, visiting(portal.url) as visitor:
        first_tab, second_tab = await visitor.checkout(), await visitor.checkout()
        bought = await visitor.send(first_tab, "confirm")
        for repeated in (first_tab, second_tab):
            assert (await visitor.send(repeated, "confirm")).headers["location"] == bought.headers["location"]
        again = await visitor.send(await visitor.checkout(), "confirm")
        assert again.headers["location"] != bought.headers["location"]
        for address in (bought.headers["location"], again.headers["location"]):
            await visitor.has(address, "Your eSIM is ready")


async def test_what_one_form_is_sealed_for_buys_nothing_by_another(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        endpoint_id = await visitor.owns()
        own, checkout = Page(await visitor.has("/esims", endpoint_id)), await visitor.checkout()
        top_up = await visitor.top_up(endpoint_id)
        before = shop.platform.calls["SubscribeAddon"]
        for form, address in (
            (checkout.forms["confirm"], top_up.actions["confirm"]),
            (top_up.forms["confirm"], "/purchases"),
            (own.forms[f"refresh-{endpoint_id}"], "/purchases"),
            (own.forms[f"call-{endpoint_id}"], "/esims/read"),
        ):
            answer = await visitor.http.post(address, data={"product": PRODUCT} | form)
            assert answer.status_code == 404
        odd = {"Content-Type": "multipart/form-data; boundary=x; charset=undefined"}
        part = b'--x\r\nContent-Disposition: form-data; name="form"\r\n\r\nx\r\n--x--\r\n'
        assert (await visitor.http.post("/purchases", content=part, headers=odd)).status_code == 403
        assert shop.platform.calls["SubscribeAddon"] == before


async def test_a_form_is_good_for_its_traveler_its_product_and_this_site_alone(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor, visiting(portal.url) as somebody:
        page, before = await visitor.checkout(), shop.platform.calls["SubscribeAddon"]
        await somebody.text("/")
        refused = [
            await somebody.send(page, "confirm"),
            await visitor.send(page, "confirm", form=""),
            await visitor.send(page, "confirm", form=page.forms["confirm"]["form"] + "x"),
        ]
        for header in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
            refused.append(await visitor.http.post("/purchases", data=page.forms["confirm"], headers=header))
        for answer in refused:
            assert (answer.status_code, "Nothing was bought" in answer.text) == (403, True)
        bought = await visitor.send(page, "confirm")
        other = await visitor.send(page, "confirm", product="Wakanda Daily")
        assert (other.status_code, "Nothing was bought" in other.text) == (403, True)
        await visitor.has(bought.headers["location"], "Your eSIM is ready")
        assert shop.platform.calls["SubscribeAddon"] == before + 1


async def test_an_address_that_is_typed_reaches_the_purchase_and_one_that_is_none_is_asked_for_again(
    shop: Seller,
) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        page = await visitor.checkout()
        for odd in ("anna", "a@b@c", "Anna <anna@example.com>", "anna@example.com\r\nBcc: x@example.com", "a" * 300):
            refused = await visitor.send(page, "confirm", email=odd)
            assert (refused.status_code, "This is not an e-mail address" in refused.text) == (422, True), odd
        assert Page(refused.text).forms["confirm"]["email"] == odd, "is there to be corrected"
        bought = await visitor.send(Page(refused.text), "confirm", email=" anna@bücher.example ")
        endpoint_id = Page(await visitor.has(bought.headers["location"], "is ready")).links["Install"].split("/")[2]
        state = await shop.run_of(endpoint_id).query("last_state", result_type=SubscriptionState)
        assert (state.purchase.email, shop.platform.calls["SubscribeAddon"]) == ("anna@bücher.example", 1)
        delivery = (await shop.subscription(endpoint_id)).delivery
        assert delivery, "is to be mailed there"
