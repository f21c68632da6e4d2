"""Products with names of every language are sold on the page and over REST, and told of by mail."""

import unicodedata
from html import unescape
from pathlib import Path

import httpx
import pytest

from portal.keys import ApiKeys
from seller.catalog import Catalog
from tests.contract.test_text import NAMES
from tests.support import portal as portals
from tests.support.html_visitor import Page, visiting
from tests.support.portal import opened
from tests.support.seller import PLAN, Seller

NAME = " ".join((NAMES["French"], NAMES["Persian"], NAMES["a family"], NAMES["decomposed"]))


async def test_a_name_of_every_language_is_sold_wherever_things_are_sold(
    open_shop: Seller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portals, "CATALOG", Catalog(products={NAME: PLAN}))
    key = ApiKeys(tmp_path / "keys.json").add("portal")
    async with (
        opened(open_shop, portal_api_keys=str(tmp_path / "keys.json")) as portal,
        visiting(portal.url) as visitor,
    ):
        shop = await visitor.page("/")
        assert shop.forms["buy-1"]["product"] == NAME
        # Some browsers compose letters anew in what they send.
        sent = await visitor.http.get("/checkout", params={"product": unicodedata.normalize("NFC", NAME)})
        bought = await visitor.send(Page(sent.text), "confirm")
        await visitor.has(bought.headers["location"], "Your eSIM is ready")
        page = await visitor.text("/esims")
        assert "same-" in page  # it can be bought again
        assert NAME in unescape(page)
        rest = {"Authorization": f"Bearer {key}"}
        async with httpx.AsyncClient(base_url=f"{portal.url}/api", headers=rest, timeout=30) as http:
            [product] = (await http.get("/products")).json()
            assert (product["product"], product["plan_id"]) == (NAME, PLAN)
            order = {"purchase_id": f"P-{open_shop.number}-names", "traveler_id": "T-1", "product": NAME}
            sold = await http.post("/purchases", json=order)
            assert (sold.status_code, sold.json()["esim"]["addon"]["product"]) == (201, NAME)
            for product, why in (("\u00a0", "not blanks alone"), ("a\u202eb", "U+202E"), ("a\nb", "a line break")):
                refused = await http.post("/purchases", json=order | {"product": product})
                assert (refused.status_code, why in refused.json()["detail"]) == (422, True), refused.text
