"""A seller whose portal and workers encrypt."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio.client import Client

from contract.subscription import Subscription
from temporal.data_converter import data_converter_with
from temporal.encryption.keys import KeyRing
from tests.support.converting import with_converter
from tests.support.encryption_keys import key, ring
from tests.support.seller import Seller, eventually, seller


def with_keys(client: Client, keys: KeyRing) -> Client:
    return with_converter(client, data_converter_with(keys))


@asynccontextmanager
async def encrypting_shop(client: Client) -> AsyncIterator[Seller]:
    async with seller(with_keys(client, ring(1)), esim_encryption_keys=key(1)) as shop:
        yield shop


def use(shop: Seller, *numbers: int) -> None:
    """From here on portal and workers have these keys."""
    shop.client = with_keys(shop.client, ring(*numbers))
    shop.settings["esim_encryption_keys"] = ",".join(map(key, numbers))


async def set_aside(shop: Seller, endpoint_id: str, how_many: int) -> Subscription:
    """The subscription once so many messages wait for a key."""

    async def waiting() -> Subscription | None:
        subscription = await shop.subscription(endpoint_id)
        return subscription if len(subscription.set_aside) == how_many else None

    return await eventually(waiting)
