"""The record of sales, over REST: for whoever keeps the books."""

import asyncio
import logging
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ValidationError

from contract.failure import INVALID_REQUEST
from contract.sale_entry import Moment, Period, SaleEntry
from portal.api.openapi import documented
from portal.shop import Shop
from process import audit
from process.sale_lines import heading, line_of
from process.sales_record import RecordProblem, SalesRecord
from seller.errors import SellerError, malformed
from seller.sale_list import SaleList

logger = logging.getLogger("portal.api")

MEDIA: Final = {"csv": "text/csv", "jsonl": "application/jsonl"}

UNREAD: Final = "Esim-Unread"
"""The header that says how many runs could not be asked, where the body cannot say it."""


class ListedSales(BaseModel):
    """What became of every purchase in a period. ``unread`` are workflow ids."""

    sales: list[SaleEntry]
    unread: list[str]


def router(shop: Shop, record: SalesRecord | None) -> APIRouter:
    """What can be asked about all sales."""
    routes = APIRouter(prefix="/sales", tags=["Sales"])
    one_at_a_time = asyncio.Lock()

    @routes.get(
        "",
        summary="The record of sales",
        response_model=ListedSales,
        responses={
            200: {
                "description": "In the order in which it came to be so",
                "content": {media: {"schema": {"type": "string"}} for media in MEDIA.values()},
                "headers": {
                    UNREAD: {"description": "How many eSIMs could not be asked", "schema": {"type": "integer"}}
                },
            },
            **documented(INVALID_REQUEST),
        },
    )
    async def sales(
        since: Annotated[Moment | None, Query()] = None,
        until: Annotated[Moment | None, Query()] = None,
        format: Annotated[Literal["json", "csv", "jsonl"], Query()] = "json",
    ) -> Response:
        """What became of each purchase, from `since` on and before `until`: days, or moments, in UTC. A purchase
        that is pending is not in it. It asks every eSIM: give it some minutes where there are thousands."""
        async with one_at_a_time:
            found = await _found(shop, record, _period(since, until))
        audit.note("order", "done", order="export", entries=len(found.sales))
        headers = {UNREAD: str(len(found.unread))}
        if format == "json":
            listed = ListedSales(sales=found.sales, unread=[run.workflow_id for run in found.unread])
            return Response(listed.model_dump_json(), headers=headers, media_type="application/json")
        lines = [heading(format), *(line_of(entry, format) for entry in found.sales)]
        return Response("".join(lines), headers=headers, media_type=MEDIA[format])

    return routes


def _period(since: Moment | None, until: Moment | None) -> Period:
    try:
        return Period(since=since, until=until)
    except ValidationError as error:
        raise malformed(error) from None


async def _found(shop: Shop, record: SalesRecord | None, period: Period) -> SaleList:
    try:
        recorded = await asyncio.to_thread(record.entries, period.has) if record else []
    except RecordProblem as problem:
        logger.error("%s", problem)
        raise SellerError(
            "Unavailable", "The record of sales cannot be read: the operator has to look after that"
        ) from None
    found = await shop.seller.sale_list(period, recorded)
    for run in found.unread:
        logger.error("%s is not in a list of sales: %s", run.workflow_id, run.reason)
    return found
