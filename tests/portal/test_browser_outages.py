"""What a traveler sees while something of ours is away, and that it goes on by itself when that is back."""

import os
import re
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from temporalio.client import Client

from portal.pages import standing
from temporal.data_converter import data_converter
from temporal.registration import register_search_attributes
from tests.conftest import ONE_PARTITION
from tests.support.browser import PATIENCE_MS
from tests.support.browser_visitor import PHONE, Visitor, visiting
from tests.support.portal import SECRET, opened
from tests.support.ports import free_port
from tests.support.seller import PRODUCT, Seller, seller
from tools.demo.child import Child
from tools.demo.place import Place, free_place
from tools.demo.processes import TEMPORAL
from tools.demo.surroundings import surroundings
from tools.simulator.server import serving

pytestmark = pytest.mark.debian

AWAY = re.compile("We cannot see right now how far your eSIM is.*goes on")
SILENT = re.compile("We cannot reach our eSIM service right now.*goes on")
UNKNOWN = re.compile("We do not know yet whether your order arrived")
SLOW = re.compile("takes longer than usual.*goes on by itself")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with free_place(tmp_path) as place:
        yield place


async def says_only(visitor: Visitor, sentence: re.Pattern[str]) -> None:
    """This, and nothing that a traveler cannot understand."""
    await visitor.says(sentence)
    assert await visitor.internals() == []
    assert await visitor.barriers() == []
    assert await visitor.too_wide() <= 0


async def test_while_no_worker_runs_a_purchase_is_out_of_sight_and_comes_into_it_again(
    client: Client, browser: Browser
) -> None:
    async with seller(client) as shop, opened(shop) as portal, visiting(browser, portal.url, PHONE) as visitor:
        await visitor.buy(PRODUCT)
        await says_only(visitor, AWAY)
        assert await visitor.go("/esims") == 200
        await says_only(visitor, AWAY)
        await visitor.page.go_back()
        async with shop.working():
            assert await visitor.install() == shop.platform.endpoints[0].endpoint_id


async def test_while_sft_is_stopped_a_purchase_takes_longer_and_says_so(
    client: Client, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "SLOW_SECONDS", 2)
    port = free_port()
    async with seller(client) as known:
        shop = Seller(client, known.platform, f"http://127.0.0.1:{port}/api", known.number)
        async with shop.working(), opened(shop) as portal, visiting(browser, portal.url, PHONE) as visitor:
            await visitor.buy(PRODUCT)
            await says_only(visitor, SLOW)
            async with serving(shop.platform, port=port):
                endpoint_id = await visitor.install()
                await visitor.link("My eSIMs")
            await visitor.button("Refresh")
            await visitor.says(re.compile("network|later|still"))
            assert await visitor.internals() == []
            async with serving(shop.platform, port=port):
                await visitor.go("/esims")
                await visitor.button("Refresh")
                await visitor.says("30 GB left of 30 GB")
            assert shop.platform.endpoint(endpoint_id).status == "Active"


class TemporalServer:
    """One that can be stopped, and knows everything when it is started again."""

    def __init__(self, place: Place) -> None:
        self.port = free_port()
        self._place = place
        self._child: Child | None = None

    async def start(self) -> None:
        listening = ["--headless", "--ip=127.0.0.1", f"--port={self.port}", "--log-level=error", *ONE_PARTITION]
        database = f"--db-filename={self._place.directory / 'temporal.db'}"
        command = [str(TEMPORAL), "server", "start-dev", *listening, database]
        self._child = Child("Temporal", command, os.environ, self._place)
        await self._child.says("Temporal Server:")

    async def stop(self) -> None:
        if self._child:
            await self._child.stop()
            self._child = None


@pytest.fixture
async def temporal(place: Place) -> AsyncIterator[TemporalServer]:
    server = TemporalServer(place)
    await server.start()
    yield server
    await server.stop()


@asynccontextmanager
async def portal_process(task_queue: str, temporal_port: int, place: Place) -> AsyncIterator[str]:
    """python -m portal, as it is deployed; its address."""
    address = f"127.0.0.1:{free_port()}"
    variables = {
        "TEMPORAL_ADDRESS": f"127.0.0.1:{temporal_port}",
        "ESIM_TASK_QUEUE": task_queue,
        "PORTAL_SECRET": SECRET,
        "PORTAL_ADDRESS": address,
    }
    process = Child("Portal", [sys.executable, "-m", "portal"], surroundings(variables), place)
    try:
        await process.says("Portal at")
        yield f"http://{address}"
        assert "Traceback" not in process.output
        assert "\x1b" not in process.output
        assert "NOTHING IS ENCRYPTED" in process.output
    finally:
        await process.stop()


async def test_while_temporal_is_stopped_the_pages_say_so_and_everything_goes_on_when_it_is_back(
    temporal: TemporalServer, browser: Browser, place: Place
) -> None:
    client = await Client.connect(f"127.0.0.1:{temporal.port}", data_converter=data_converter)
    await register_search_attributes(client)
    async with (
        seller(client) as shop,
        portal_process(shop.task_queue, temporal.port, place) as url,
        visiting(browser, url, PHONE) as watching,
        visiting(browser, url, PHONE) as buying,
    ):
        await watching.buy(PRODUCT)
        await says_only(watching, AWAY)
        await buying.go()
        await buying.choose(PRODUCT)
        await temporal.stop()

        await buying.button("Confirm purchase")
        await says_only(buying, UNKNOWN)
        await says_only(watching, SILENT)
        second = await watching.page.context.new_page()
        answer = await second.goto(f"{url}/esims")
        assert answer is not None
        assert (answer.status, int(answer.headers["retry-after"]) > 0) == (503, True)
        alive = await second.request.get(f"{url}/live")
        assert (alive.status, await alive.text()) == (200, "alive")

        await temporal.start()
        await buying.button("Try again")
        async with shop.working():
            installed = {await watching.install(), await buying.install()}
            await expect(second.get_by_role("heading", name="My eSIMs")).to_be_visible(timeout=PATIENCE_MS)
        assert installed == {endpoint.endpoint_id for endpoint in shop.platform.endpoints if endpoint.addons}
        assert len(installed) == 2
