"""Whose key it is that orders something: named in the record of the eSIM, beside whom the order names itself."""

from typing import Annotated, TypeVar

from fastapi import Depends, Request
from pydantic import ValidationError

from contract.order import LifecycleOrder, RefundOrder, RemovalOrder
from portal.keys import ApiKey
from seller.errors import malformed

Order = TypeVar("Order", LifecycleOrder, RefundOrder, RemovalOrder)


def _key(request: Request) -> ApiKey:
    key: ApiKey = request.state.api_key  # from Access, without which nothing is called
    return key


Key = Annotated[ApiKey, Depends(_key)]
"""The key that was shown."""


def by(key: ApiKey, order: Order) -> Order:
    """The order, by whom it names and with this key. Raises a SellerError, ``InvalidRequest``, for a name too long."""
    who = f"{order.ordered_by} (key {key.name})" if order.ordered_by else f"key {key.name}"
    try:
        return type(order).model_validate(dict(order) | {"ordered_by": who})
    except ValidationError as error:
        raise malformed(error) from None
