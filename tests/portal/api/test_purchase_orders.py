"""A first purchase that is cancelled, amended, or that nobody can read: without a client of Temporal's."""

from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient, Response
from temporalio.client import WorkflowFailureError

from contract.workflow_ids import PROVISION_TYPE, provision_id
from tests.support.rest import calling
from tests.support.seller import PLAN, PRODUCT, Seller, eventually

AT_ONCE = {"Prefer": "respond-async"}


async def refused_by_sft(client: AsyncClient, shop: Seller) -> str:
    """A purchase whose plan SFT has refused, by its address."""
    wanted = shop.purchase(plan_id="PLAN-UNHEARD-OF").model_dump(include={"purchase_id", "traveler_id", "plan_id"})
    await client.post("/purchases", json=wanted | {"product": "Narnia Daily"}, headers=AT_ONCE)
    address = f"/purchases/{wanted['purchase_id']}"
    await looks(client, address, "needs_attention")
    return address


async def looks(client: AsyncClient, address: str, step: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        seen: dict[str, Any] = (await client.get(address)).json()
        return seen if seen["step"] == step else None

    return await eventually(look)


def status_of(answer: Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["status"]


async def test_a_purchase_that_waits_is_cancelled_and_holds_nothing(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        address = await refused_by_sft(client, open_shop)
        cancelled = await client.post(f"{address}/cancel")
        again = await client.post(f"{address}/cancel")
        assert status_of(cancelled) == status_of(again) == (200, "failed")
        assert (cancelled.json()["error"]["type"], cancelled.json()["step"]) == ("Cancelled", "failed")
        assert (await client.post("/purchases/P-unknown/cancel")).status_code == 404


async def test_a_cancellation_that_comes_too_late_says_that_it_was_sold(open_shop: Seller, tmp_path: Path) -> None:
    sold = await open_shop.sell()
    async with calling(open_shop, tmp_path) as client:
        late = await client.post(f"/purchases/{sold.addon.purchase_id}/cancel")
        assert status_of(late) == (200, "completed")
        assert late.json()["esim"]["endpoint_id"] == sold.endpoint_id
    assert (await open_shop.subscription(sold.endpoint_id)).status == "active"


async def test_a_refused_purchase_is_amended_by_whom_it_says(open_shop: Seller, tmp_path: Path) -> None:
    right = {"product": PRODUCT, "ordered_by": "anna"}
    async with calling(open_shop, tmp_path) as client:
        address = await refused_by_sft(client, open_shop)
        amended = await client.post(f"{address}/amend", json=right)
        again = await client.post(f"{address}/amend", json=right)
        assert status_of(amended) == status_of(again) == (200, "completed")
        esim = amended.json()["esim"]
        assert (esim["addon"]["plan_id"], amended.json()["product"]) == (PLAN, "Narnia Daily")
        for other in ({"product": "Wakanda Daily"}, {"product": PRODUCT, "plan_id": "PLAN-X"}):
            refused = await client.post(f"{address}/amend", json=other)
            assert (refused.status_code, refused.json()["failure"]) == (422, "InvalidRequest")
        order = (await open_shop.subscription(esim["endpoint_id"])).orders[0]
        assert (order.order, order.ordered_by) == ("amend_plan", "anna (key tests)")


async def test_an_amendment_that_sft_refuses_as_well_goes_on_waiting(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        address = await refused_by_sft(client, open_shop)
        answer = await client.post(f"{address}/amend", json={"product": "X", "plan_id": "PLAN-Y"}, headers=AT_ONCE)
        assert status_of(answer) == (202, "running")
        assert answer.headers["Location"] == f"/api{address}"
        await looks(client, address, "needs_attention")
        assert status_of(await client.post(f"{address}/cancel")) == (200, "failed")


async def test_a_purchase_that_nobody_could_read_is_found_as_failed(open_shop: Seller, tmp_path: Path) -> None:
    purchase_id = open_shop.purchase().purchase_id
    start: dict[str, Any] = {"id": provision_id(purchase_id), "task_queue": open_shop.task_queue}
    run = await open_shop.client.start_workflow(PROVISION_TYPE, {"purchase_id": purchase_id, "product": 7}, **start)
    with pytest.raises(WorkflowFailureError):
        await run.result()
    async with calling(open_shop, tmp_path) as client:
        seen = await client.get(f"/purchases/{purchase_id}")
        assert status_of(seen) == (200, "failed")
        told = seen.json()
        assert told["error"]["type"] == "InvalidRequest"
        assert "traveler_id: Field required" in told["error"]["message"]
        assert (told["purchase_id"], told["traveler_id"], told["product"]) == (purchase_id, "", "")
        wanted = {"purchase_id": purchase_id, "traveler_id": "T-42", "product": PRODUCT}
        assert status_of(await client.post("/purchases", json=wanted)) == (201, "completed")


async def test_ids_that_an_address_cannot_hold_are_none(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        for name, address in (
            ("purchase_id", "/purchases/%2E%2E"),
            ("purchase_id", "/purchases/%2E/cancel"),
            ("traveler_id", "/travelers/%2E%2E/esims"),
            ("endpoint_id", "/travelers/T-42/esims/%2E"),
        ):
            refused = await client.request("POST" if "cancel" in address else "GET", address)
            assert refused.status_code == 422, address
            assert refused.json()["detail"].startswith(f"{name} '.")


async def test_all_addons_are_listed_a_few_at_a_time(open_shop: Seller, tmp_path: Path) -> None:
    sold = await open_shop.sell()
    bought = [sold.addon.purchase_id]
    async with calling(open_shop, tmp_path) as client:
        esim = f"/travelers/T-42/esims/{sold.endpoint_id}"
        for _ in range(3):
            new = open_shop.addon()
            body = {"purchase_id": new.purchase_id, "product": PRODUCT}
            assert (await client.post(f"{esim}/addons", json=body)).status_code == 201
            bought.append(new.purchase_id)
        listed, address = [], f"{esim}/addons?limit=3"
        while address:
            page = await client.get(address)
            listed += [addon["purchase_id"] for addon in page.json()]
            address = page.links.get("next", {}).get("url", "").removeprefix("/api")
        assert listed == bought
        assert (await client.get(f"{esim}/addons?offset=9")).json() == []
        assert (await client.get(f"/travelers/T-1/esims/{sold.endpoint_id}/addons")).status_code == 404
