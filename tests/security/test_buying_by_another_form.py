"""A traveler wants more than they confirmed: a dear product by a cheap one's form, or an order by somebody else's."""

import pytest
from pydantic import SecretStr

from portal import forms
from portal.forms import Forms
from portal.signing import signer
from seller.catalog import Catalog
from seller.client import SellerClient
from tests.support import portal as portal_support
from tests.support.html_visitor import visiting
from tests.support.portal import SECRET, opened
from tests.support.seller import PLAN, PRODUCT, Seller

CHEAP, DEAR = "Wakanda Daily", PRODUCT
PASSWORD = "a password of the tests"


async def test_the_form_of_a_cheap_product_sells_no_dear_one(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        page = await visitor.checkout(CHEAP)
        assert set(page.forms["confirm"]) == {"form", "email"}
        for field in ({"product": DEAR}, {"plan_id": PLAN}, {"purchase_id": "P-mine"}):
            answer = await visitor.send(page, "confirm", **field)
            assert (answer.status_code, "Nothing was bought" in answer.text) == (403, True)
        assert shop.platform.calls["fetchSIM"] == 0
        await visitor.has((await visitor.send(page, "confirm")).headers["location"], "Your eSIM is ready")
        endpoint_id = next(sold.endpoint_id for sold in shop.platform.endpoints if sold.addons)

        top_up = await visitor.top_up(endpoint_id, CHEAP)
        assert (await visitor.send(top_up, "confirm", product=DEAR)).status_code == 403
        assert (await visitor.send(top_up, "confirm", product=CHEAP)).status_code == 303
        bought = (await portal.seller.subscriptions.get(endpoint_id)).addons
        assert [addon.product for addon in bought] == [CHEAP, CHEAP]


async def test_a_seal_without_all_that_decides_what_is_sold_sells_nothing(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        await visitor.text("/")
        keys = [SecretStr(SECRET)]
        traveler_id = signer(keys, "cookie traveler").loads(visitor.http.cookies["traveler"])
        seals = [
            Forms(keys).seal(traveler_id, "/purchases", purchase_id="P-1", product=CHEAP),
            str(signer(keys, "form").dumps([traveler_id, "/purchases", "P-1"])),
            str(signer(keys, "form").dumps([traveler_id, "/purchases", {"purchase_id": 1}])),
        ]
        for seal in seals:
            answer = await visitor.http.post("/purchases", data={"form": seal, "product": CHEAP, "plan_id": "X"})
            assert answer.status_code == 403
        assert shop.platform.calls["fetchSIM"] == 0


async def test_a_form_of_an_offer_that_has_changed_since_sells_nothing(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(shop) as before, visiting(before.url) as visitor:
        page = await visitor.checkout(CHEAP)
        for products, status in (({CHEAP: "PLAN-DEARER"}, 409), ({DEAR: PLAN}, 404)):
            monkeypatch.setattr(portal_support, "CATALOG", Catalog(products=products))
            async with opened(shop) as after:
                answer = await visitor.http.post(f"{after.url}/purchases", data=page.forms["confirm"])
                assert answer.status_code == status
        assert shop.platform.calls["fetchSIM"] == 0


async def test_the_form_of_another_traveler_or_of_yesterday_sells_nothing(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor, visiting(portal.url) as other:
        endpoint_id = await visitor.owns()
        sold = shop.platform.calls["SubscribeAddon"]
        await other.text("/")
        page, top_up = await visitor.checkout(CHEAP), await visitor.top_up(endpoint_id, CHEAP)
        for form in (page, top_up):
            assert (await other.send(form, "confirm")).status_code in (403, 404)
        monkeypatch.setattr(forms, "LIFE_SECONDS", -1)
        for form in (page, top_up):
            assert (await visitor.send(form, "confirm")).status_code == 403
        assert shop.platform.calls["SubscribeAddon"] == sold


async def test_an_operators_form_is_for_the_run_that_it_was_shown_for(shop: Seller) -> None:
    async with (
        opened(shop, portal_operator_password=SecretStr(PASSWORD)) as portal,
        visiting(portal.url) as operator,
        visiting(portal.url) as colleague,
    ):
        for visitor in (operator, colleague):
            await visitor.send(await visitor.page("/operators/login"), "login", password=PASSWORD)
        purchase = shop.purchase(plan_id="PLAN-UNHEARD-OF")
        first = await shop.start(purchase)
        amend, cancel = f"amend-{purchase.purchase_id}", f"/operators/sales/{purchase.purchase_id}/cancel"
        await operator.has("/operators", f'id="{amend}"')
        overview, asked = await operator.page("/operators"), await operator.page(cancel)
        for form_id, page in ((amend, overview), ("cancel", asked)):
            assert (await colleague.send(page, form_id, product=CHEAP)).status_code == 403
        await SellerClient(shop.client, shop.task_queue).operators.cancel(purchase.purchase_id)
        with pytest.raises(Exception, match="Workflow execution failed"):
            await first.result()
        second = await shop.start(purchase)
        await shop.reaches(second, "needs_attention")
        for form_id, page in ((amend, overview), ("cancel", asked)):
            answer = await operator.send(page, form_id, product=CHEAP)
            assert (answer.status_code, "was cancelled" in answer.text) == (404, True)
        assert (await shop.progress(second)).step == "needs_attention"
        await second.cancel()
