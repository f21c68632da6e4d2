"""The portal as one application: its parts, put together."""

from fastapi import FastAPI

from portal.shop import Shop
from settings import PortalServerSettings


def application(shop: Shop, settings: PortalServerSettings) -> FastAPI:
    """Everything that the portal answers."""
    return FastAPI(title="Travel eSIMs", openapi_url=None, docs_url=None, redoc_url=None)
