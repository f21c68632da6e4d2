"""The REST API of a portal that is open, and a client with a key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from httpx import AsyncClient

from portal.keys import ApiKeys, Limits
from tests.support.portal import opened
from tests.support.seller import Seller


@asynccontextmanager
async def calling(
    seller: Seller, directory: Path, limits: Limits | None = None, **settings: Any
) -> AsyncIterator[AsyncClient]:
    """A client of the API, whose key is in the directory and has these limits."""
    file = directory / "keys.json"
    key = ApiKeys(file).add("tests", limits)
    async with (
        opened(seller, portal_api_keys=str(file), **settings) as portal,
        AsyncClient(base_url=f"{portal.url}/api", headers={"Authorization": f"Bearer {key}"}, timeout=100) as client,
    ):
        yield client
