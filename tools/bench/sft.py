"""The simulated SFT, seen from outside: its stock, and which calls came."""

from collections import Counter
from typing import Final

import httpx

LATENCY_MS: Final = 25
"""What every answer takes, and nothing else of SFT's own does."""

PLAN: Final = "PLAN-WAKANDA-30D-30GB"

NOT_OF_A_SALE: Final = ("login", "RefreshToken")


class Sft:
    """The orders that the simulator takes beside SFT's calls."""

    def __init__(self, address: str) -> None:
        self._http = httpx.AsyncClient(base_url=f"{address}/simulator/", trust_env=False, timeout=60)

    async def stock(self, count: int) -> None:
        """Adds eSIMs."""
        (await self._http.post("esims", json={"count": count})).raise_for_status()

    async def add(self, endpoint_id: str, count: int) -> list[str]:
        """Puts add-ons on an endpoint, and returns their uniqueIds."""
        answers = [
            await self._http.post(f"endpoints/{endpoint_id}/addons", json={"planId": PLAN}) for _ in range(count)
        ]
        return [answer.raise_for_status().json()["unique_id"] for answer in answers]

    async def use(self, endpoint_id: str, traffic_bytes: int) -> None:
        """Lets the traveler use so much."""
        answer = await self._http.post(f"endpoints/{endpoint_id}/traffic", json={"bytes": traffic_bytes})
        answer.raise_for_status()

    async def break_down(self) -> None:
        """Answers every call with an error from now on."""
        outage = {"call": "*", "kind": "error_before", "times": 0}
        (await self._http.post("faults", json=outage)).raise_for_status()

    async def recover(self) -> None:
        """Answers as usual again."""
        (await self._http.delete("faults")).raise_for_status()

    async def calls(self) -> Counter[str]:
        """How many calls have come, by name, but for those that get a token."""
        calls: dict[str, int] = (await self._http.get("ledger")).json()["calls"]
        return Counter({name: count for name, count in calls.items() if name not in NOT_OF_A_SALE})

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()
