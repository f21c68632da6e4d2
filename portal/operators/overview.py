"""What waits for operators, what was sold lately, the stock; and amending and cancelling."""

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Generic, TypeVar
from urllib.parse import quote

from pydantic import ValidationError
from starlette.responses import Response

from contract.failure import INVALID_REQUEST
from contract.purchase import PlanAmendment
from contract.workflow_ids import provision_id
from portal.callbacks import Callbacks
from portal.operators.labels import SAID, STEPS, TO_DO, status_of
from portal.operators.office import Visit
from portal.settings import PortalServerSettings
from portal.shop import Shop
from seller.errors import RAISED, SellerError, malformed, seller_error
from seller.records import MOST_COUNTED, Record
from seller.search import Search

logger = logging.getLogger("portal.operators")

GONE: Final = "NoTemporalServer"

FAILED: Final = ("Failed", "Canceled")
"""Statuses of sales that can be started again."""

MOST_ENDED: Final = 50
"""Subscriptions that were ended from outside, that are listed."""

Content = TypeVar("Content")


@dataclass(frozen=True)
class Part(Generic[Content]):
    """A part of the page; where there is none, the problem that says why."""

    content: Content | None = None
    problem: SellerError | None = None


@dataclass(frozen=True)
class Mistake:
    """An amendment that cannot be, as it was typed, and why."""

    purchase_id: str
    product: str
    plan_id: str
    sentence: str


class Overview:
    """The one page, and what its forms do."""

    def __init__(self, shop: Shop, settings: PortalServerSettings, callbacks: Callbacks) -> None:
        self._shop = shop
        self._seller = shop.seller
        self._callbacks = callbacks if callbacks.is_open else None
        self._web_ui = str(settings.portal_web_ui).rstrip("/")

    async def show(self, visit: Visit) -> Response:
        """The page."""
        return await self._page(visit)

    async def _page(self, visit: Visit, mistake: Mistake | None = None) -> Response:
        """Each part by itself: what a worker would have to tell does not hide what Temporal knows."""
        waiting, ended, recent, stock = await asyncio.gather(
            _part(self._seller.records.waiting()),
            _part(self._seller.find(Search(status="terminated"), MOST_ENDED)),
            _part(self._seller.records.recent()),
            _part(self._seller.stock.count()),
        )
        if recent.problem and recent.problem.type == GONE:
            raise recent.problem
        listed = {sale.purchase_id for sale in waiting.content.sales} if waiting.content else set()
        return visit.show(
            "overview.html",
            HTTPStatus.CONFLICT if mistake else HTTPStatus.OK,
            mistake=mistake,
            is_listed=mistake and mistake.purchase_id in listed,
            waiting=waiting,
            ended=ended,
            recent=recent,
            stock=stock,
            heard=self._callbacks,
            products=self._shop.products,
            said=SAID.get(visit.request.query_params.get("said", ""), ""),
            steps=STEPS,
            to_do=TO_DO,
            most_counted=MOST_COUNTED,
            run_of=self._run_of,
            failed=FAILED,
            status_of=status_of,
        )

    async def history(self, visit: Visit) -> Response:
        """Everything that happened to a sale, as the server knows it: also to one that failed, and has no eSIM."""
        timeline = await self._seller.history(provision_id(visit.purchase_id))
        return visit.show("history.html", what="purchase", name=visit.purchase_id, timeline=timeline, back="/operators")

    async def amend(self, visit: Visit) -> Response:
        """Another product instead of the one that SFT refused, with the planId of the catalog unless one is given.

        Back to the page, with what was typed, if that cannot be.
        """
        product, plan_id = visit.field("product"), visit.field("plan_id")
        try:
            await self._amend(visit, product, plan_id)
        except SellerError as problem:
            if problem.type != INVALID_REQUEST:
                raise
            return await self._page(visit, Mistake(visit.purchase_id, product, plan_id, f"{problem.message}."))
        return visit.home("amended")

    async def _amend(self, visit: Visit, product: str, plan_id: str) -> None:
        try:
            plan_id = plan_id or self._shop.plan_of(product)
            amendment = PlanAmendment(product=product, plan_id=plan_id, ordered_by=visit.ordered_by)
        except ValidationError as error:
            raise malformed(error) from None
        await self._seller.operators.amend(visit.purchase_id, amendment, visit.run_id)
        logger.info("%s amended purchase %r: %r (%r)", visit.who, visit.purchase_id, product, plan_id)

    async def ask_before_cancelling(self, visit: Visit) -> Response:
        """Whether that is meant."""
        run_id = await self._seller.operators.run_under_way(visit.purchase_id)
        return visit.show("cancel.html", purchase_id=visit.purchase_id, run_id=run_id)

    async def cancel(self, visit: Visit) -> Response:
        """Cancels a sale that is under way."""
        await self._seller.operators.cancel(visit.purchase_id, visit.run_id)
        logger.info("%s cancelled purchase %r", visit.who, visit.purchase_id)
        return visit.home("cancelled")

    async def ask_before_retrying(self, visit: Visit) -> Response:
        """Whether that is meant."""
        return visit.show("retry.html", purchase=await self._seller.operators.failed(visit.purchase_id))

    async def retry(self, visit: Visit) -> Response:
        """Starts a sale again that failed, or was cancelled."""
        await self._seller.operators.start_again(visit.purchase_id)
        logger.info("%s started purchase %r again", visit.who, visit.purchase_id)
        return visit.home("retried")

    def _run_of(self, record: Record) -> str:
        """Its address in the Temporal Web UI."""
        namespace, workflow_id = quote(self._seller.client.namespace, safe=""), quote(record.workflow_id, safe="")
        return f"{self._web_ui}/namespaces/{namespace}/workflows/{workflow_id}/{record.run_id}/history"


async def _part(content: Awaitable[Content]) -> Part[Content]:
    try:
        return Part(content=await content)
    except RAISED as error:
        return Part(problem=seller_error(error))
