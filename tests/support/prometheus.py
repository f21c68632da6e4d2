"""Debian's Prometheus with the example configuration, as a process of its own."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.ports import free_port
from tests.support.seller import eventually

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
RULES = DEPLOY / "prometheus"
TARGETS, INTERVAL = '["localhost:9464"]', "15s"
"""What the example says, and a test does not."""


@dataclass
class Prometheus:
    """A Prometheus that scrapes every second."""

    http: httpx.AsyncClient

    async def is_ready(self) -> bool:
        """Whether it has read its configuration and answers queries."""
        try:
            return (await self.http.get("/-/ready")).is_success
        except httpx.TransportError:
            return False

    async def get(self, path: str, **parameters: str) -> Any:
        """The data of an answer of its HTTP API; raises AssertionError with its words if it refuses."""
        answer = (await self.http.get(f"/api/v1/{path}", params=parameters)).json()
        assert answer["status"] == "success", f"{parameters}: {answer.get('error')}"
        return answer["data"]

    async def query(self, expression: str) -> list[Any]:
        """The samples that an expression has now."""
        result = (await self.get("query", query=expression))["result"]
        assert isinstance(result, list)
        return result

    async def rules(self) -> list[dict[str, Any]]:
        """Every rule as Prometheus has read it, and what became of it."""
        return [rule for group in (await self.get("rules"))["groups"] for rule in group["rules"]]


@asynccontextmanager
async def prometheus(directory: Path, targets: Sequence[str]) -> AsyncIterator[Prometheus]:
    """Runs on a free port, in an empty directory, for as long as the block lasts."""
    example = (RULES / "prometheus.yml").read_text()
    assert TARGETS in example
    (directory / "prometheus.yml").write_text(example.replace(TARGETS, json.dumps(targets)).replace(INTERVAL, "1s"))
    (directory / "alerts.yml").write_text((RULES / "alerts.yml").read_text())
    address = f"127.0.0.1:{free_port()}"
    with (directory / "log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            "prometheus",
            f"--config.file={directory / 'prometheus.yml'}",
            f"--storage.tsdb.path={directory / 'data'}",
            f"--web.listen-address={address}",
            stdout=log,
            stderr=log,
        )
    try:
        async with httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as http:
            running = Prometheus(http)
            await eventually(running.is_ready)
            yield running
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
