"""How many eSIMs SFT lists as available."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr
from temporalio.client import Client

from activities import stock
from activities.stock import StockActivities, end_of
from contract.stock import Stock, StockQuestion
from sft.client import SftClient
from tests.support.activity import attempt, refusal
from tests.support.raw_sft import RawRequest, answer, raw_sft, success
from tools.simulator.fault import Fault
from tools.simulator.platform import Platform


async def counted(sft: SftClient, client: Client) -> Stock:
    return await attempt(StockActivities(sft, client).count_stock, StockQuestion())


async def test_what_can_be_sold_is_counted_over_all_pages(sft: SftClient, client: Client, platform: Platform) -> None:
    platform.add_esims(117)
    platform.set_status(platform.endpoints[0].endpoint_id, "Active")
    before = datetime.now(UTC)
    whole = await counted(sft, client)
    assert (whole.available, whole.or_more) == (119, False)
    assert before <= whole.counted_at <= datetime.now(UTC)
    assert platform.calls["fetchSIM"] == 2


async def test_beyond_so_many_pages_there_are_more(
    sft: SftClient, client: Client, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stock.MOST_PAGES == 10
    monkeypatch.setattr(stock, "MOST_PAGES", 2)
    platform.add_esims(240)
    part = await counted(sft, client)
    assert (part.available, part.or_more) == (200, True)
    assert platform.calls["fetchSIM"] == 2


async def test_a_row_that_nobody_could_install_is_not_counted(
    sft: SftClient, client: Client, platform: Platform
) -> None:
    platform.order(Fault(call="fetchSIM", kind="missing_field", field="activationCode"))
    assert (await counted(sft, client)).available == 0


async def test_what_moved_to_another_page_meanwhile_is_counted_once(client: Client) -> None:
    """SFT's list moves on: the last row of the first page is the first of the second."""

    def row(number: int) -> dict[str, object]:
        return {"iccid": f"{number}", "endPointId": f"{number}", "activationCode": {"textQrCode": f"LPA:1$a${number}"}}

    async def handler(request: RawRequest, writer: asyncio.StreamWriter) -> None:
        [page] = parse_qs(request.target.partition("?")[2])["page"]
        numbers = range(100) if page == "1" else range(99, 105)
        writer.write(answer(success(responseParam={"rows": [row(number) for number in numbers]})))

    async with (
        raw_sft(handler) as server,
        SftClient(base_url=server.base_url, username="demo", password=SecretStr("demo-password")) as sft,
    ):
        assert (await counted(sft, client)).available == 105


@pytest.mark.parametrize(("kind", "type"), [("error_before", "SftUnanswered"), ("rate_limited", "SftUnavailable")])
async def test_an_sft_that_does_not_answer_is_no_number(
    sft: SftClient, client: Client, platform: Platform, kind: str, type: str
) -> None:
    platform.add_esims(100)
    platform.order(Fault.model_validate({"call": "fetchSIM", "kind": kind, "skip": 1}))
    assert (await refusal(StockActivities(sft, client).count_stock, StockQuestion())).type == type


def a_stock(**changes: Any) -> Stock:
    return Stock(available=70, or_more=False, counted_at=datetime(2026, 11, 21, 12, tzinfo=UTC), **changes)


@pytest.mark.parametrize(
    ("day", "week", "lasts"),
    [(None, None, None), (0, 0, None), (10, 0, 7), (10, 140, 3.5), (20, 70, 3.5), (7, None, 10)],
)
def test_its_end_is_told_at_the_faster_of_two_rates(day: int | None, week: int | None, lasts: float | None) -> None:
    stock = a_stock(sold_last_day=day, sold_last_week=week)
    assert end_of(stock) == (stock.counted_at + timedelta(days=lasts) if lasts else None)


def test_a_stock_without_an_end_in_sight_has_none() -> None:
    assert end_of(a_stock(sold_last_day=10).model_copy(update={"or_more": True})) is None
