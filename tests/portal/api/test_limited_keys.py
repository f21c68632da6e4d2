"""Keys that may not do everything: that read only, for some travelers only, or without activation codes."""

from pathlib import Path

from httpx import AsyncClient, Response

from portal.keys import Limits
from tests.support.rest import calling
from tests.support.seller import PRODUCT, Seller

ORDER = {"reason": "customer_service"}


def is_forbidden(answer: Response, words: str) -> bool:
    return (answer.status_code, answer.json()["failure"], words in answer.json()["detail"]) == (403, "Forbidden", True)


async def buys(client: AsyncClient, shop: Seller, traveler_id: str) -> Response:
    purchase = {"purchase_id": shop.purchase().purchase_id, "traveler_id": traveler_id, "product": PRODUCT}
    return await client.post("/purchases", json=purchase)


async def test_a_key_that_reads_only_orders_nothing(open_shop: Seller, tmp_path: Path) -> None:
    sold = await open_shop.sell()
    esim = f"/travelers/T-42/esims/{sold.endpoint_id}"
    async with calling(open_shop, tmp_path, Limits(read_only=True)) as client:
        for call in ("suspend", "close", "refund", "usage", "addons", f"addons/{sold.addon.purchase_id}/remove"):
            assert is_forbidden(await client.post(f"{esim}/{call}", json=ORDER), "may read only"), call
        assert is_forbidden(await buys(client, open_shop, "T-42"), "may read only")
        for call in (esim, f"{esim}/qr.svg", f"/purchases/{sold.addon.purchase_id}", "/products"):
            assert (await client.get(call)).status_code == 200, call
    assert (await open_shop.subscription(sold.endpoint_id)).orders == []


async def test_a_key_for_some_travelers_knows_nothing_of_the_others(open_shop: Seller, tmp_path: Path) -> None:
    reseller = f"R{next(open_shop.numbers)}"
    others = await open_shop.sell(open_shop.purchase(traveler_id=f"{reseller}1-1"))
    theirs = f"/travelers/{others.traveler_id}/esims"
    async with calling(open_shop, tmp_path, Limits(travelers=f"{reseller}-")) as client:
        beyond = f"for travelers only whose ids begin with {reseller}-"
        for call in (theirs, f"{theirs}/{others.endpoint_id}", f"{theirs}/{others.endpoint_id}/qr.svg"):
            assert is_forbidden(await client.get(call), beyond), call
        assert is_forbidden(await client.post(f"{theirs}/{others.endpoint_id}/suspend", json=ORDER), beyond)
        assert is_forbidden(await buys(client, open_shop, others.traveler_id), beyond)
        # An eSIM of another is not found below a traveler of one's own either, nor is its purchase.
        assert (await client.get(f"/travelers/{reseller}-1/esims/{others.endpoint_id}")).status_code == 404
        unknown, hidden = [await client.get(f"/purchases/{one}") for one in ("P-unknown", others.addon.purchase_id)]
        assert (unknown.status_code, hidden.status_code) == (404, 404)
        assert hidden.json()["detail"] == unknown.json()["detail"].replace("P-unknown", others.addon.purchase_id)
        taken = {"purchase_id": others.addon.purchase_id, "traveler_id": f"{reseller}-1", "product": PRODUCT}
        conflict = await client.post("/purchases", json=taken)
        assert (conflict.status_code, others.traveler_id in conflict.text) == (409, False)

        bought = await buys(client, open_shop, f"{reseller}-1")
        assert bought.status_code == 201
        own = f"/travelers/{reseller}-1/esims/{bought.json()['esim']['endpoint_id']}"
        assert (await client.get(f"/purchases/{bought.json()['purchase_id']}")).status_code == 200
        assert (await client.post(f"{own}/suspend", json=ORDER)).status_code == 200
        assert (await client.get("/products")).status_code == 200


async def test_a_key_without_codes_sells_and_is_shown_none(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path, Limits(without_codes=True)) as client:
        bought = await buys(client, open_shop, "T-42")
        assert (bought.status_code, bought.json()["esim"]["activation_code"]) == (201, "")
        endpoint_id = bought.json()["esim"]["endpoint_id"]
        code = next(one.activation_code for one in open_shop.platform.endpoints if one.endpoint_id == endpoint_id)
        looked = await client.get(f"/purchases/{bought.json()['purchase_id']}")
        esim = f"/travelers/T-42/esims/{endpoint_id}"
        shown = await client.get(esim)
        assert (looked.status_code, shown.status_code) == (200, 200)
        assert code not in bought.text + looked.text + shown.text
        for picture in ("qr.svg", "qr.png"):
            assert is_forbidden(await client.get(f"{esim}/{picture}"), "is shown no activation codes")


async def test_a_call_that_says_of_no_traveler_is_closed_to_a_key_for_some(open_shop: Seller, tmp_path: Path) -> None:
    """Every call of the description is either below a traveler, or one of those that see to it themselves."""
    async with calling(open_shop, tmp_path, Limits(travelers="R7-")) as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
        seen = {
            call["operationId"] for path, item in paths.items() for call in item.values() if "{traveler_id}" not in path
        }
        assert {"sell_esim", "purchase", "products"} <= seen
        for path, item in paths.items():
            for method, call in item.items():
                if call["operationId"] in ("sell_esim", "purchase", "products"):
                    continue
                address = (
                    path.replace("{traveler_id}", "R71-1").replace("{endpoint_id}", "1").replace("{purchase_id}", "1")
                )
                answer = await client.request(method, address, json={} if method == "post" else None)
                assert is_forbidden(answer, "R7-"), (method, path)
