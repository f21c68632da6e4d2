import asyncio
import time
from collections import Counter
from pathlib import Path

import pytest
from httpx import AsyncClient, Response

from tests.support.forgetting import sold_and_forgotten
from tests.support.rest import calling
from tests.support.seller import PLAN, PRODUCT, Seller, eventually, seller

AT_ONCE = {"Prefer": "respond-async"}


def body(shop: Seller, **changes: object) -> dict[str, object]:
    return shop.purchase().model_dump(include={"purchase_id", "traveler_id", "product"}) | changes


async def finish_before_cancel(client: AsyncClient, location: str) -> Response:
    async def look() -> Response | None:
        answer = await client.get(location.removeprefix("/api"))
        return None if answer.status_code == 202 else answer

    return await eventually(look)


async def test_a_purchase_is_sold_once_and_answered_with_the_same_again(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        wanted = body(open_shop)
        first = await client.post("/purchases", json=wanted)
        again = await client.post("/purchases", json=wanted)
        seen = await client.get(f"/purchases/{wanted['purchase_id']}")
        assert (first.status_code, again.status_code, seen.status_code) == (201, 200, 200)
        assert first.json() == again.json() == seen.json()
        sold = first.json()
        assert first.headers["Cache-Control"] == "no-store"
        assert sold["esim"]["activation_code"].startswith("LPA:1$")
        assert (sold["status"], sold["step"], sold["plan_id"], sold["error"]) == ("completed", "completed", PLAN, None)


async def test_a_purchase_that_temporal_has_forgotten_is_answered_as_before(shop: Seller, tmp_path: Path) -> None:
    purchase = shop.purchase()
    sold = await sold_and_forgotten(shop, purchase)
    async with calling(shop, tmp_path) as client:
        seen = await client.get(f"/purchases/{purchase.purchase_id}")
        assert (seen.status_code, seen.json()["status"]) == (200, "completed")
        assert seen.json()["esim"] == sold.model_dump(mode="json")
        posted = await client.post("/purchases", json=body(shop, purchase_id=purchase.purchase_id))
        assert posted.json()["esim"] == sold.model_dump(mode="json")
        code = await client.get(f"/travelers/{sold.traveler_id}/esims/{sold.endpoint_id}/qr.svg")
        assert code.status_code == 200


async def test_a_purchase_that_nobody_waits_for_says_where_to_look(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        wanted = body(open_shop)
        taken = await client.post("/purchases", json=wanted, headers=AT_ONCE)
        assert taken.status_code == 202
        assert taken.headers["Location"] == f"/api/purchases/{wanted['purchase_id']}"
        assert int(taken.headers["Retry-After"]) > 0
        assert (taken.json()["status"], taken.json()["esim"]) == ("running", None)
        sold = await finish_before_cancel(client, taken.headers["Location"])
        assert (sold.status_code, sold.json()["status"]) == (200, "completed")


@pytest.mark.parametrize("change", [{"traveler_id": "T-other"}, {"product": "Wakanda Daily"}, {"plan_id": "PLAN-X"}])
async def test_the_same_id_with_other_contents_is_a_conflict(
    open_shop: Seller, tmp_path: Path, change: dict[str, str]
) -> None:
    async with calling(open_shop, tmp_path) as client:
        wanted = body(open_shop)
        await client.post("/purchases", json=wanted, headers=AT_ONCE)
        for _ in range(2):  # while it runs, and after that
            answer = await client.post("/purchases", json=wanted | change)
            assert (answer.status_code, answer.json()["failure"]) == (409, "Conflict")
            await finish_before_cancel(client, f"/purchases/{wanted['purchase_id']}")


async def test_fifty_posts_at_once_are_one_esim(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        wanted = body(open_shop)
        before = open_shop.platform.calls["SubscribeAddon"]
        answers = await asyncio.gather(*(client.post("/purchases", json=wanted) for _ in range(50)))
        assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 49}
        assert len({answer.text for answer in answers}) == 1
        assert open_shop.platform.calls["SubscribeAddon"] == before + 1


async def test_a_purchase_that_failed_is_told_and_tried_again_when_it_is_posted_again(
    open_shop: Seller, tmp_path: Path
) -> None:
    async with seller(open_shop.client, esims=0) as shop, shop.working(), calling(shop, tmp_path) as client:
        wanted = body(shop, stock_wait_seconds=0)
        failed = await client.post("/purchases", json=wanted)
        assert (failed.status_code, failed.json()["failure"]) == (409, "NoEsimAvailable")
        seen = await client.get(f"/purchases/{wanted['purchase_id']}")
        assert (seen.status_code, seen.json()["status"], seen.json()["error"]["type"]) == (
            *(200, "failed"),
            "NoEsimAvailable",
        )
        shop.platform.add_esims(1)
        assert (await client.post("/purchases", json=wanted)).status_code == 201


async def test_a_purchase_that_cannot_be_right_is_refused_in_one_sentence_without_what_is_personal(
    open_shop: Seller, tmp_path: Path
) -> None:
    async with calling(open_shop, tmp_path) as client:
        wanted = body(open_shop)
        for change, sentence in (
            ({"product": "Narnia Daily"}, "The catalog has no product 'Narnia Daily'"),
            ({"purchase_id": "a b"}, "purchase_id 'a b': must be 1 to 64 of"),
            ({"purchase_id": ".."}, "purchase_id '..': must be 1 to 64 of A-Z a-z 0-9 . _ -, and not full stops alone"),
            ({"traveler_id": "."}, "traveler_id '.': must be 1 to 64 of"),
            ({"product": None}, "product: Input should be a valid string"),
            ({"email": "somebody at home"}, "email: must be one address"),
            ({"locale": "Deutsch!"}, "locale 'Deutsch!': must be a language such as de or pt-BR (BCP 47)"),
            ({"timezone": "+02:00"}, "timezone '+02:00': must be a time zone such as Europe/Paris (IANA)"),
            ({"stock_wait_seconds": -1}, "stock_wait_seconds -1: Input should be greater than or equal to 0"),
        ):
            answer = await client.post("/purchases", json=wanted | change)
            assert (answer.status_code, answer.json()["failure"]) == (422, "InvalidRequest"), change
            assert answer.json()["detail"].startswith(sentence)
            assert "somebody" not in answer.text
        assert (await client.get(f"/purchases/{wanted['purchase_id']}")).status_code == 404


@pytest.mark.long
async def test_a_sale_that_temporal_has_is_taken_also_while_no_worker_answers(
    open_shop: Seller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.shop.ORDER_SECONDS", 60.0)
    monkeypatch.setattr("portal.shop.WORKER_SECONDS", 0.5)
    async with seller(open_shop.client) as shop, calling(shop, tmp_path) as client:
        wanted = body(shop)
        began = time.monotonic()
        taken = await client.post("/purchases", json=wanted)
        assert time.monotonic() - began < 60
        seen = await client.get(f"/purchases/{wanted['purchase_id']}")
        for answer in (taken, seen):
            assert answer.status_code == 202
            assert answer.headers["Location"] == f"/api/purchases/{wanted['purchase_id']}"
            unknown = {"step": None, "detail": None, "esim": None, "error": None}
            assert answer.json().items() >= {**wanted, "plan_id": PLAN, "status": "running", **unknown}.items()

        async def is_sold() -> bool:
            return (await client.post("/purchases", json=wanted)).status_code == 200

        async with shop.working():
            await eventually(is_sold)


async def test_the_products_on_sale_are_listed_and_named_to_who_asks_for_another(
    open_shop: Seller, tmp_path: Path
) -> None:
    async with calling(open_shop, tmp_path) as client:
        listed = await client.get("/products")
        assert listed.json()[0].items() >= {"product": PRODUCT, "plan_id": PLAN}.items()
        assert (listed.status_code, len(listed.json())) == (200, 2)
        unknown = await client.post("/purchases", json=body(open_shop, product="Narnia Daily"))
        sentence = f"The catalog has no product 'Narnia Daily'; it has '{PRODUCT}', 'Wakanda Daily'"
        assert unknown.json()["detail"] == sentence
