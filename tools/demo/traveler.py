"""The traveler of the demo: makes traffic, by ordering it from the simulated SFT."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import httpx

GIGABYTE: Final = 10**9


class Traveler:
    """Whoever uses the eSIM of one endpoint."""

    def __init__(self, http: httpx.AsyncClient, control: str, endpoint_id: str) -> None:
        self._http = http
        self._traffic = traffic_url(control, endpoint_id)

    async def use(self, gigabytes: float, unique_id: str | None = None) -> None:
        """So much traffic, on that add-on if one is named; raises httpx.HTTPError if the simulator refuses."""
        traffic = {"bytes": round(gigabytes * GIGABYTE), "uniqueId": unique_id}
        (await self._http.post(self._traffic, json=traffic)).raise_for_status()


def traffic_url(control: str, endpoint_id: str) -> str:
    """Where traffic on an endpoint is ordered, given where the simulator is controlled."""
    return f"{control}/endpoints/{endpoint_id}/traffic"


@asynccontextmanager
async def traveling(control: str, endpoint_id: str) -> AsyncIterator[Traveler]:
    """A traveler, for as long as the block lasts. No proxy of the environment leads to this machine."""
    async with httpx.AsyncClient(trust_env=False) as http:
        yield Traveler(http, control, endpoint_id)
