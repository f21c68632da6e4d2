"""Whose key is shown, what it is limited to, and how it is named in the record of what it orders."""

from http import HTTPStatus
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Request
from pydantic import ValidationError

from contract.order import LifecycleOrder, RefundOrder, RemovalOrder, ResendOrder
from contract.purchase import PlanAmendment
from portal.keys import ApiKey
from process import audit
from seller.errors import SellerError, malformed

Order = TypeVar("Order", LifecycleOrder, PlanAmendment, RefundOrder, RemovalOrder, ResendOrder)


def _key(request: Request) -> ApiKey:
    key: ApiKey = request.state.api_key  # from Access, without which nothing is called
    return key


Key = Annotated[ApiKey, Depends(_key)]
"""The key that was shown."""


def _about(request: Request) -> dict[str, str]:
    about: dict[str, str] = request.scope["state"].setdefault("about", {})
    return about


About = Annotated[dict[str, str], Depends(_about)]
"""Ids that an order is about and that its address does not have: for its line in the log, and in the audit log."""

FOR_ONE_TRAVELER: Final = ("sell_esim", "purchase", "cancel_purchase", "amend_purchase", "list_events")
"""Calls without a traveler in their addresses that see by themselves to whom they are about."""

FOR_NONE: Final = ("products", "check")
"""Calls that are about no traveler, and that tell nothing of the seller either."""


async def within_limits(request: Request, key: Key) -> None:
    """Raises a SellerError, ``Forbidden``, for a call about travelers that the key is not good for, and where nobody
    says whom it is about."""
    if "traveler_id" in request.path_params:
        require_admitted(key, str(request.path_params["traveler_id"]))
    elif key.travelers is not None and request.scope["route"].name not in (*FOR_ONE_TRAVELER, *FOR_NONE):
        raise _forbidden(key)


def require_admitted(key: ApiKey, traveler_id: str) -> None:
    """Raises a SellerError, ``Forbidden``, if the key is not good for this traveler."""
    if not key.admits(traveler_id):
        raise _forbidden(key)


async def may_see_codes(key: Key) -> None:
    """Raises a SellerError, ``Forbidden``, if the key is shown no activation codes."""
    if key.without_codes:
        audit.note("api_key", "refused", status=HTTPStatus.FORBIDDEN)
        raise SellerError("Forbidden", f"The key {key.name} is shown no activation codes")


def _forbidden(key: ApiKey) -> SellerError:
    audit.note("api_key", "refused", status=HTTPStatus.FORBIDDEN)
    return SellerError("Forbidden", f"The key {key.name} is for travelers only whose ids begin with {key.travelers}")


def by(key: ApiKey, order: Order) -> Order:
    """The order, by whom it names and with this key. Raises a SellerError, ``InvalidRequest``, for a name too long."""
    who = f"{order.ordered_by} (key {key.name})" if order.ordered_by else f"key {key.name}"
    try:
        return type(order).model_validate(dict(order) | {"ordered_by": who})
    except ValidationError as error:
        raise malformed(error) from None
