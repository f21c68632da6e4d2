"""A portal that is open: the real application over real HTTP, for the seller of a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from pydantic import SecretStr

from portal.app import application
from portal.identity import Identity
from portal.settings import PortalServerSettings
from portal.shop import Shop
from process.address import address_of
from process.server import serving
from seller.catalog import SHIPPED, read_catalog
from seller.client import SellerClient
from tests.support.ports import free_port
from tests.support.seller import Seller

CATALOG = read_catalog(str(SHIPPED))

SECRET = "a secret of the tests that is long enough"


@dataclass
class Portal:
    """Where it is, and its shop."""

    url: str
    shop: Shop
    settings: PortalServerSettings
    app: FastAPI

    @property
    def seller(self) -> SellerClient:
        """What it asks of Temporal with."""
        return self.shop.seller


@asynccontextmanager
async def opened(seller: Seller, identity: Identity | None = None, /, **settings: Any) -> AsyncIterator[Portal]:
    """Open for as long as the block lasts."""
    chosen = PortalServerSettings.model_validate(
        {"portal_secret": SecretStr(SECRET), "portal_address": f"127.0.0.1:{free_port()}"} | settings
    )
    address = address_of(chosen.portal_address)
    shop = Shop(SellerClient(seller.client, seller.task_queue), lambda: CATALOG)
    app = application(shop, chosen, identity)
    async with serving(app, address.listener(), chosen.proxies()):
        yield Portal(f"http://{address}", shop, chosen, app)
