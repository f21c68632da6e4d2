"""A catalog of thousands of products on the shop's page and over REST: looked through, and never sent whole."""

from html import unescape
from pathlib import Path

import httpx
import pytest

from portal.keys import ApiKeys
from seller.catalog import Catalog
from tests.contract.test_text import NAMES
from tests.support import portal as portals
from tests.support.html_visitor import visiting
from tests.support.portal import opened
from tests.support.seller import PLAN, Seller

FRENCH = "Forfait\u00a0Côte d'Ivoire 5\u202fGo"
PERSIAN = NAMES["Persian"]
EMOJI = "👨\u200d👩\u200d👧 Family"

TOLD = {
    **{"plan_id": PLAN, "data": "500 MB", "days": 7, "countries": ["ci"], "price": "9,90 €", "apn": "internet.ci"},
    **{"networks": ["Orange CI"], "image": "/images/ci.webp"},
}

CATALOG = Catalog.model_validate(
    {
        "products": {
            **{FRENCH: TOLD, PERSIAN: {"plan_id": PLAN, "countries": ["IR", "ES"]}, EMOJI: PLAN},
            "Secret": {"plan_id": PLAN, "hidden": True, "data": "unlimited"},
            **{
                f"Europe 10 GB for 30 days, number {number}": {
                    **{"plan_id": f"PLAN-{number}", "data": 10**10, "days": 30, "countries": ["DE", "FR", "IT"]},
                    **{"region": "Europe"},
                }
                for number in range(3000)
            },
        }
    }
)


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portals, "CATALOG", CATALOG)


async def test_thousands_of_products_are_pages_of_a_few_that_are_searched_by_words_and_country(
    open_shop: Seller,
) -> None:
    async with opened(open_shop) as portal, visiting(portal.url) as visitor:
        first = await visitor.text("/")
        assert len(first.encode()) < 40_000
        assert first.count('class="card product"') == 24
        assert "3,003 products" in first or "3003 products" in first
        assert "page 1 of 126" in first
        assert ("Secret" in first, "500 MB" in first, "7 days" in first, "9,90 €" in first) == (False, True, True, True)
        second = (await visitor.page("/")).links["Next page"]
        assert "number 21<" in await visitor.text(f"/{second}")
        assert "Next page" not in await visitor.text("/?page=99999")
        for words, name in (
            *(("cote d\u2019ivoire", FRENCH), ("FORFAIT 5 go", FRENCH), ("spanien", PERSIAN), ("spain", PERSIAN)),
            *((PERSIAN.replace("\u200c", ""), PERSIAN), ("👨👩👧", EMOJI)),
        ):
            found = await visitor.http.get("/", params={"words": words}, headers={"Accept-Language": "de"})
            assert (name in unescape(found.text), found.text.count('class="card product"')) == (True, 1), words
        by_country = await visitor.text("/?country=CI")
        assert by_country.count('class="card product"') == 1
        assert "Nothing that fits is for sale" in await visitor.text("/?words=Atlantis")


async def test_a_hidden_product_is_sold_for_an_esim_and_over_rest_and_help_names_the_access_point(
    open_shop: Seller, tmp_path: Path
) -> None:
    key = ApiKeys(tmp_path / "keys.json").add("portal")
    async with (
        opened(open_shop, portal_api_keys=str(tmp_path / "keys.json")) as portal,
        visiting(portal.url) as visitor,
        httpx.AsyncClient(base_url=portal.url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as rest,
    ):
        assert (await visitor.http.get("/checkout", params={"product": "Secret"})).status_code == 404
        checkout = await visitor.http.get("/checkout", params={"product": FRENCH})
        assert ("Orange CI" in checkout.text, "Côte d\u2019Ivoire" in checkout.text) == (True, True)
        bought = await visitor.send(await visitor.checkout(FRENCH), "confirm")
        ready = await visitor.has(bought.headers["location"], "Your eSIM is ready")
        endpoint_id = ready.partition("/esims/")[2].partition("/")[0]
        assert "enter the APN internet.ci," in await visitor.text(f"/esims/{endpoint_id}/install")
        mine = await visitor.text("/esims")
        assert ("500 MB" in mine, "7 days" in mine, len(mine.encode()) < 40_000) == (True, True, True)
        assert f'href="/?esim={endpoint_id}"' in mine
        more = await visitor.page(f"/?esim={endpoint_id}&words=secret")
        assert more.actions["buy-1"] == f"/esims/{endpoint_id}/checkout"
        assert "Unlimited data" in await visitor.top_up_text(endpoint_id, "Secret")
        assert (await visitor.http.get("/?esim=somebody-elses")).status_code == 404
        listed = await rest.get("/api/products", params={"country": "FR", "limit": 2, "words": "europe"})
        assert [one["data_bytes"] for one in listed.json()] == [10**10] * 2
        next_ = listed.headers["link"].partition(">")[0].removeprefix("<")
        assert (await rest.get(next_)).json()[0]["product"].endswith("number 2")
        [hidden] = (await rest.get("/api/products", params={"only": "hidden"})).json()
        assert (hidden["product"], hidden["hidden"], hidden["unlimited"]) == ("Secret", True, True)
        for country in ("UK", "fr"):
            assert (await rest.get("/api/products", params={"country": country})).status_code == 422
