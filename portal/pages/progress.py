"""The page of a purchase: how far it has come, renewed by server-sent events while it goes on."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from typing import Final

from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response, StreamingResponse
from temporalio.service import RPCError

from contract.ids import PurchaseId
from contract.purchase import EsimPurchase
from portal.pages.desk import RETRY_SECONDS, Desk, Visit
from portal.pages.shared_looks import SharedLooks
from portal.pages.standing import Standing, hidden, standing
from seller.errors import RAISED, NoAnswer, not_found, seller_error
from seller.sales import Sale
from temporal.encryption.sealed import Undecipherable

LOOK_SECONDS: Final = 0.5
SLOW_LOOK_SECONDS: Final = 4.0
SLOWER: Final = 1.5
"""Between two looks at a purchase that somebody watches: after something has happened, where nothing has happened for
long, and how much longer each time until then."""

WATCHED_SECONDS: Final = 60.0
"""After which a stream ends; the browser opens the next one."""

MOST_STREAMS: Final = 200
MOST_STREAMS_EACH: Final = 4
"""Open at the same time, of all travelers and of one. Whoever is one too many is told how it stands, and asks again."""

AGAIN_SECONDS: Final = 5

STREAM: Final = {"X-Accel-Buffering": "no"}

PURCHASE_ID: Final[TypeAdapter[str]] = TypeAdapter(PurchaseId)


class ProgressPages:
    """Shows one purchase to the traveler who made it."""

    def __init__(self, desk: Desk) -> None:
        self._seller = desk.shop.seller
        self._looks = SharedLooks(self._seller.sales.sale)
        self._open: Counter[str] = Counter()
        """Streams, by traveler."""

    async def show(self, visit: Visit) -> Response:
        """The page."""
        purchase_id = self._known(visit)
        now, endpoint_id = await self._standing(visit, purchase_id)
        response = visit.show(
            "progress.html",
            503 if now.is_hidden else 200,
            now=now,
            endpoint_id=endpoint_id,
            purchase_id=purchase_id,
            retry_seconds=RETRY_SECONDS,
        )
        if now.is_hidden:
            response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response

    async def events(self, visit: Visit) -> Response:
        """The part of the page that changes, whenever it does: server-sent events."""
        purchase_id = self._known(visit)
        now = await self._standing(visit, purchase_id, LOOK_SECONDS / 2)
        return StreamingResponse(self._stream(visit, purchase_id, now), media_type="text/event-stream", headers=STREAM)

    async def _stream(self, visit: Visit, purchase_id: str, now: tuple[Standing, str | None]) -> AsyncIterator[str]:
        traveler_id = visit.traveler_id
        crowded = self._open.total() >= MOST_STREAMS or self._open[traveler_id] >= MOST_STREAMS_EACH
        self._open[traveler_id] += 1
        try:
            yield f"retry: {1000 * (AGAIN_SECONDS if crowded else 1)}\n\n"
            async for event in self._watched(visit, purchase_id, now):
                yield event
                if crowded and not now[0].is_over:
                    return
        finally:
            self._open -= Counter([traveler_id])

    async def _watched(self, visit: Visit, purchase_id: str, now: tuple[Standing, str | None]) -> AsyncIterator[str]:
        shown, until, pause = "", time.monotonic() + WATCHED_SECONDS, LOOK_SECONDS
        while time.monotonic() < until and not visit.request.app.state.is_closing:
            fragment = visit.fragment("progress_now.html", now=now[0], endpoint_id=now[1])
            pause = min(pause * SLOWER, SLOW_LOOK_SECONDS) if fragment == shown else LOOK_SECONDS
            yield ": nothing new\n\n" if fragment == shown else _event("progress", fragment)
            shown = fragment
            if now[0].is_over:
                yield _event("over", now[0].title)
                return
            await asyncio.sleep(pause)
            try:
                now = await self._standing(visit, purchase_id, pause / 2)
            except RAISED:
                return  # the browser comes again, and is told then

    async def _standing(self, visit: Visit, purchase_id: str, seconds: float = 0) -> tuple[Standing, str | None]:
        """How it stands, or stood so many seconds ago, and the endpoint once there is an eSIM. Raises ``NotFound`` if
        it is somebody else's."""
        try:
            sale = await self._looks.at(purchase_id, seconds)
        except (NoAnswer, RPCError, Undecipherable) as error:
            if purchase_id not in visit.purchases.newest:
                self._refuse_others(visit, await self._seller.sales.bought(purchase_id))
            return hidden(seller_error(error)), None
        self._refuse_others(visit, sale)
        return standing(sale), sale.endpoint_id

    def _refuse_others(self, visit: Visit, purchase: EsimPurchase | Sale) -> None:
        if purchase.traveler_id != visit.traveler_id:
            raise not_found(f"purchase {purchase.purchase_id}")

    def _known(self, visit: Visit) -> str:
        try:
            return PURCHASE_ID.validate_python(visit.id("purchase_id"))
        except ValidationError:
            raise not_found("such purchase") from None


def _event(name: str, text: str) -> str:
    data = "\n".join(f"data: {line}" for line in text.splitlines())
    return f"event: {name}\n{data}\n\n"
