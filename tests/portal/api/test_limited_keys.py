"""Keys that may not do everything: that read only, for some travelers only, or without activation codes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from httpx import AsyncClient, Response

from contract.esim import ProvisionedEsim
from portal.keys import Limits
from tests.support.rest import calling
from tests.support.seller import PRODUCT, Seller

ORDER = {"reason": "customer_service"}
SOLD = ("purchase_id", "traveler_id", "product")


@dataclass(frozen=True)
class Decided:
    """What was decided about a call: whom it tells of, whether it orders, and how it shows an activation code."""

    about: Literal["its traveler", "a purchase", "nobody", "everybody"] = "its traveler"
    is_order: bool = False
    code: Literal["none", "in the answer", "as a picture"] = "none"
    body: dict[str, str] | None = None
    """What is empty in it is that of the eSIM."""

    def is_closed_to(self, limits: Limits) -> bool:
        """Whether a key with these limits is refused, also for a traveler that it is good for."""
        return (
            (limits.read_only and self.is_order)
            or (limits.travelers is not None and self.about == "everybody")
            or (limits.without_codes and self.code == "as a picture")
        )


DECIDED = {
    "list_products": Decided("nobody"),
    "check_esim": Decided("nobody"),
    "get_stock": Decided("everybody"),
    "list_sales": Decided("everybody"),
    "list_events": Decided("everybody"),
    "sell_esim": Decided("a purchase", is_order=True, code="in the answer", body=dict.fromkeys(SOLD, "")),
    "get_purchase": Decided("a purchase", code="in the answer"),
    "cancel_purchase": Decided("a purchase", is_order=True, code="in the answer"),
    "amend_purchase": Decided("a purchase", is_order=True, code="in the answer", body={"product": ""}),
    "list_esims": Decided(),
    "get_esim": Decided(),
    "get_qr_code_svg": Decided(code="as a picture"),
    "get_qr_code_png": Decided(code="as a picture"),
    "check_addon": Decided(),
    "buy_addon": Decided(is_order=True, body={"purchase_id": "P-another", "product": ""}),
    "get_addon": Decided(),
    "list_addons": Decided(),
    "read_usage": Decided(is_order=True),
    "suspend_esim": Decided(is_order=True, body=ORDER),
    "resume_esim": Decided(is_order=True, body=ORDER),
    "resend_esim": Decided(is_order=True, body={"ordered_by": "anna"}),
    "name_esim": Decided(is_order=True, body={"name": "Paris trip"}),
    "remove_addon": Decided(is_order=True, body=ORDER),
    "refund_esim": Decided(is_order=True, body=ORDER),
    "close_esim": Decided(is_order=True, body=ORDER),
}
"""By the names of the calls, in an order in which they can be made of one eSIM."""

LIMITS = {
    "read only": Limits(read_only=True),
    "some travelers": Limits(travelers="R7-"),
    "without codes": Limits(without_codes=True),
    "all of it": Limits(read_only=True, travelers="R7-", without_codes=True),
}

Call = tuple[str, str]
"""The method and the path of a call."""


async def calls_of(client: AsyncClient) -> dict[str, Call]:
    """All calls that the description has, by name."""
    paths = (await client.get("/openapi.json")).json()["paths"]
    return {call["operationId"]: (method, path) for path, item in paths.items() for method, call in item.items()}


async def called(client: AsyncClient, call: Call, decided: Decided, esim: ProvisionedEsim) -> Response:
    """The answer to a call about this eSIM, as far as it is about one."""
    ids = {
        "traveler_id": esim.traveler_id,
        "endpoint_id": esim.endpoint_id,
        "purchase_id": esim.addon.purchase_id,
        "product": esim.addon.product,
    }
    method, path = call
    body = {field: value or ids[field] for field, value in decided.body.items()} if decided.body else None
    asks = {"product": esim.addon.product} if path.endswith("/check") else None
    return await client.request(method, path.format_map(ids), json=body, params=asks)


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


async def test_no_call_is_without_a_decision_for_limited_keys(open_shop: Seller, tmp_path: Path) -> None:
    """A new call fails here until DECIDED says what each limited key may do with it: then it is tried below."""
    async with calling(open_shop, tmp_path) as client:
        assert set(await calls_of(client)) == set(DECIDED)


@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
async def test_each_call_is_open_or_closed_to_each_limited_key(
    open_shop: Seller, tmp_path: Path, limits: Limits
) -> None:
    own = await open_shop.sell(open_shop.purchase(traveler_id="R7-1", email="traveler@example.com"))
    async with calling(open_shop, tmp_path, limits) as client:
        calls = await calls_of(client)
        for name, decided in DECIDED.items():
            answer = await called(client, calls[name], decided, own)
            if decided.is_closed_to(limits):
                assert is_forbidden(answer, "The key tests "), name
            else:
                assert answer.status_code in (200, 201, 202), (name, answer.text)
            assert not limits.without_codes or own.activation_code not in answer.text, name
    changed = await open_shop.subscription(own.endpoint_id)
    assert (changed.status == "closed") is not limits.read_only


async def test_no_call_tells_a_key_for_some_travelers_of_another(open_shop: Seller, tmp_path: Path) -> None:
    others = await open_shop.sell(open_shop.purchase(traveler_id="R71-1"))
    before = await open_shop.subscription(others.endpoint_id)
    async with calling(open_shop, tmp_path, Limits(travelers="R7-")) as client:
        calls = await calls_of(client)
        for name, decided in DECIDED.items():
            answer = await called(client, calls[name], decided, others)
            assert (answer.status_code < 400) is (decided.about == "nobody"), name
            for secret in ("R71", others.iccid, others.activation_code, others.addon.unique_id or "none"):
                assert secret not in answer.text, name
    assert await open_shop.subscription(others.endpoint_id) == before
