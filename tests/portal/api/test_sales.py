"""The record of sales over REST, as whoever keeps the books fetches it."""

import csv
from datetime import UTC, datetime
from pathlib import Path

from httpx import AsyncClient
from temporalio.client import Client

from contract.sale_entry import SaleEntry
from process.sales_record import SalesRecord
from tests.portal.api.test_purchases import body
from tests.support.rest import calling
from tests.support.seller import Seller, eventually, seller


async def sold(shop: Seller, client: AsyncClient) -> str:
    posted = await client.post("/purchases", json=body(shop))
    purchase_id: str = posted.json()["purchase_id"]

    async def is_listed() -> bool:
        listed = (await client.get("/sales")).json()["sales"]
        return purchase_id in [sale["purchase_id"] for sale in listed]

    await eventually(is_listed)
    return purchase_id


async def test_sales_are_listed_as_json_as_lines_and_as_a_table(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        purchase_id = await sold(open_shop, client)
        listed = await client.get("/sales")
        lines = await client.get("/sales", params={"format": "jsonl"})
        table = await client.get("/sales", params={"format": "csv", "since": f"{datetime.now(UTC):%Y-%m-%d}"})
        assert [answer.status_code for answer in (listed, lines, table)] == [200] * 3
        assert [answer.headers["content-type"] for answer in (lines, table)] == [
            "application/jsonl",
            "text/csv; charset=utf-8",
        ]
        [entry] = [SaleEntry.model_validate(sale) for sale in listed.json()["sales"]]
        assert SaleEntry.model_validate_json(lines.text) == entry
        [row] = csv.DictReader(table.text.splitlines())
        assert row["iccid"] == entry.iccid
        assert (entry.purchase_id, entry.ordered_by, entry.outcome) == (purchase_id, "tests", "provisioned")
        assert (listed.json()["unread"], table.headers["esim-unread"]) == ([], "0")
        earlier = await client.get("/sales", params={"until": "2026-01-01"})
        assert earlier.json()["sales"] == []


async def test_a_period_that_cannot_be_meant_is_refused_and_any_that_can_is_answered(
    open_shop: Seller, tmp_path: Path
) -> None:
    async with calling(open_shop, tmp_path) as client:
        for since, until in (
            ("20261101", None),
            ("x", None),
            ("0001-01-01T00:00:00+14:00", None),
            ("2026-11-02", "2026-11-01"),
        ):
            refused = await client.get("/sales", params={"since": since, "until": until} if until else {"since": since})
            assert (refused.status_code, refused.json()["failure"]) == (422, "InvalidRequest")
        for since in ("0001-01-01", "9999-12-31T23:59:59Z", "2026-11-01T00:00:00+01:00"):
            assert (await client.get("/sales", params={"since": since})).status_code == 200


async def test_what_temporal_has_forgotten_is_listed_from_the_record(client: Client, tmp_path: Path) -> None:
    record = tmp_path / "sales.jsonl"
    async with seller(client) as shop, shop.working(), calling(shop, tmp_path, esim_sales_record=record) as caller:
        purchase_id = await sold(shop, caller)
        [sale] = (await caller.get("/sales")).json()["sales"]
        entry = SaleEntry.model_validate(sale)
        with SalesRecord(record).adding() as add:
            add([entry.model_copy(update={"entry_id": "of-long-ago", "purchase_id": "P-forgotten"}), entry])
        before = record.read_bytes()
        listed = (await caller.get("/sales")).json()["sales"]
        assert sorted(one["purchase_id"] for one in listed) == sorted(["P-forgotten", purchase_id])
        assert record.read_bytes() == before  # only a worker and starter.py add to it
        record.write_text("not a record\n")
        refused = await caller.get("/sales")
        assert (refused.status_code, refused.json()["failure"]) == (503, "Unavailable")
        assert str(tmp_path) not in refused.text
