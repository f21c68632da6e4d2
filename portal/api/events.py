"""What the portal was told, over REST: for one that was away, to read it up."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Query

from contract.failure import INVALID_REQUEST
from contract.ids import PurchaseId, TravelerId
from portal.api.callers import Key, require_admitted
from portal.api.openapi import documented
from portal.shop import Shop
from seller.errors import SellerError
from seller.timeline.told import After, ToldEvents

MOST: Final = 1000
"""Events in one answer."""

OfTraveler = Annotated[TravelerId | None, Query(description="Those of this traveler only.")]

OfEsim = Annotated[PurchaseId | None, Query(description="Those of this eSIM of theirs only.")]
"""SFT's id, as long as any id of ours may be."""

AFTER: Final = "A moment in UTC, or the `cursor` of an event: those that came after. All that are known if absent."


def router(shop: Shop) -> APIRouter:
    """What can be asked about events."""
    routes = APIRouter(tags=["Events"])
    one_at_a_time = asyncio.Lock()

    @routes.get(
        "/events",
        summary="The events",
        response_description="In the order in which it was begun to tell them",
        responses=documented(INVALID_REQUEST),
    )
    async def list_events(
        key: Key,
        after: Annotated[str | None, Query(description=AFTER, max_length=300)] = None,
        traveler_id: OfTraveler = None,
        endpoint_id: OfEsim = None,
        limit: Annotated[int, Query(ge=1, le=MOST, description="How many to list at most.")] = 100,
    ) -> ToldEvents:
        """What the webhook posted or tried to post, and what travelers were mailed, each event once with what became of
        it; for as long as Temporal keeps the run that told it. Without a traveler it asks for every eSIM: give it some
        minutes where there are thousands."""
        if traveler_id is None:
            require_admitted(key, "")
            if endpoint_id is not None:
                raise SellerError(INVALID_REQUEST, "An eSIM is found below its traveler: say traveler_id, too")
            async with one_at_a_time:
                return await shop.seller.told(_after(after), limit)
        require_admitted(key, traveler_id)
        return await shop.seller.told(_after(after), limit, traveler_id, endpoint_id)

    return routes


def _after(text: str | None) -> After:
    try:
        return After.parse(text) if text else After()
    except ValueError:
        raise SellerError(
            INVALID_REQUEST,
            "after has to be a moment, as 2026-11-01T08:00:00Z, or the cursor of an event that was listed",
        ) from None
