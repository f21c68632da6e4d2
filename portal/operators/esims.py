"""One eSIM as operators see it, with all that was bought and ordered for it, and what they order after a question."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from contract.order import LifecycleOrder, RefundOrder, RemovalOrder, ResendOrder
from contract.subscription import ShownSubscription, SubscriptionStatus
from contract.workflow_ids import subscription_id
from portal.operators.labels import ORDERED
from portal.operators.office import Handler, Visit
from portal.operators.support import ESIMS
from portal.shop import Shop
from process import audit
from seller.errors import malformed, not_found
from seller.subscriptions import LifecycleChange
from sft.callbacks import id_of

logger = logging.getLogger("portal.operators")

GOES_ON: Final = "goes_on"


@dataclass(frozen=True)
class Question:
    """What is asked before an order is given."""

    title: str
    means: str
    button: str
    fits: tuple[SubscriptionStatus, ...]
    """Statuses of the eSIM in which the order is offered."""


QUESTIONS: Final = {
    "suspend": Question(
        "Suspend this eSIM?",
        "It carries no traffic until it is resumed. Add-ons that are bought meanwhile wait.",
        "Suspend the eSIM",
        ("active",),
    ),
    "resume": Question(
        "Resume this eSIM?",
        "It carries traffic again, and the add-ons that waited are provisioned.",
        "Resume the eSIM",
        ("suspended",),
    ),
    "close": Question(
        "Close this eSIM for good?",
        "It cannot be resumed. Nothing can be bought for it any more, and nobody will get its endpoint.",
        "Close the eSIM",
        ("active", "suspended"),
    ),
    "refund": Question(
        "Give this eSIM back?",
        "If it was never used, it is closed for good, with nothing left on it: then you may pay it back. "
        "If it was used, nothing is changed.",
        "Give the eSIM back",
        ("active", "suspended"),
    ),
    "resend": Question(
        "Mail this eSIM once more?",
        "The traveler gets the mail with the QR code again, and is mailed at this address from now on.",
        "Mail it again",
        ("active", "suspended"),
    ),
    "remove": Question(
        "Take this add-on off?",
        "It is removed at SFT; others of the same plan stay. What was left at the last reading stays on this page.",
        "Take the add-on off",
        ("active", "suspended"),
    ),
}


class Esims:
    """The page of an eSIM, and its forms."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._carry_out: dict[str, Callable[[Visit, str], Awaitable[str]]] = {
            "suspend": lambda visit, endpoint_id: self._change(visit, endpoint_id, "suspend"),
            "resume": lambda visit, endpoint_id: self._change(visit, endpoint_id, "resume"),
            "close": lambda visit, endpoint_id: self._change(visit, endpoint_id, "close"),
            "refund": self._refund,
            "remove": self._remove,
            "resend": self._resend,
        }

    async def show(self, visit: Visit) -> Response:
        """The page."""
        esim = await self._esim(visit)
        return visit.show(
            "esim.html",
            esim=esim,
            said=ORDERED.get(visit.request.query_params.get("said", ""), ""),
            orders=[name for name in QUESTIONS if name != "remove" and esim.status in QUESTIONS[name].fits],
            questions=QUESTIONS,
        )

    async def history(self, visit: Visit) -> Response:
        """Everything that happened to it, as the server knows it: also while no worker answers."""
        endpoint_id = _endpoint_id(visit)
        timeline = await self._shop.seller.history(subscription_id(endpoint_id))
        back = _address(endpoint_id)
        return visit.show("history.html", what="eSIM", name=endpoint_id, timeline=timeline, back=back)

    def asking(self, order: str) -> Handler:
        """The page that asks whether an order is meant, and why it is given."""

        async def ask(visit: Visit) -> Response:
            esim, question = await self._esim(visit), QUESTIONS[order]
            purchase_id = visit.request.path_params.get("purchase_id")
            if esim.status not in question.fits:
                raise not_found(f"order to {order} that fits: this eSIM is {esim.status}")
            if purchase_id and all(addon.purchase_id != purchase_id for addon in esim.addons):
                raise not_found(f"add-on of purchase {purchase_id} on this eSIM")
            return visit.show("order.html", esim=esim, question=question, order=order, purchase_id=purchase_id)

        return ask

    def carrying_out(self, order: str) -> Handler:
        """Gives the order, and goes back to the eSIM, which says what became of it."""

        async def carry_out(visit: Visit) -> Response:
            esim = await self._esim(visit)
            try:
                said = await self._carry_out[order](visit, esim.endpoint_id)
            except ValidationError as error:
                raise malformed(error) from None
            logger.info("%s ordered to %s %s: %s", visit.who, order, esim.subscription_id, said)
            return RedirectResponse(f"{_address(esim.endpoint_id)}?said={said}", 303)

        carry_out.__name__ = order  # as the audit log has it
        return carry_out

    async def _esim(self, visit: Visit) -> ShownSubscription:
        return await self._shop.seller.subscriptions.get(_endpoint_id(visit))

    async def _change(self, visit: Visit, endpoint_id: str, change: LifecycleChange) -> str:
        order = LifecycleOrder.model_validate({"reason": visit.field("reason"), "ordered_by": visit.ordered_by})
        return change if await self._shop.change(endpoint_id, change, order) else GOES_ON

    async def _refund(self, visit: Visit, endpoint_id: str) -> str:
        order = RefundOrder(reason=visit.field("reason"), ordered_by=visit.ordered_by)
        answer = await self._shop.refund(endpoint_id, order)
        if answer is None:
            return GOES_ON
        return "refund" if answer.refundable else "not_refunded"

    async def _resend(self, visit: Visit, endpoint_id: str) -> str:
        order = ResendOrder(email=visit.field("email") or None, ordered_by=visit.ordered_by)
        await self._shop.seller.subscriptions.resend(endpoint_id, order)
        if order.email:  # who may say where the code goes can have it
            audit.note("activation_code", "done", endpoint_id=endpoint_id, shown="mail")
        return "resend"

    async def _remove(self, visit: Visit, endpoint_id: str) -> str:
        order = RemovalOrder(purchase_id=visit.purchase_id, reason=visit.field("reason"), ordered_by=visit.ordered_by)
        addon = await self._shop.remove_addon(endpoint_id, order)
        return "remove" if addon and addon.status == "removed" else GOES_ON


def _endpoint_id(visit: Visit) -> str:
    endpoint_id = id_of(visit.request.path_params["endpoint_id"])
    if endpoint_id is None:
        raise not_found("such eSIM")
    return endpoint_id


def _address(endpoint_id: str) -> str:
    return f"{ESIMS}/{quote(endpoint_id, safe='')}"
