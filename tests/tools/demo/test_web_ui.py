"""The demo's Web UI in a real browser. With SCREENSHOTS=docs (make screenshots) it renews the pictures in docs/."""

import json
import os
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.browser import PATIENCE_MS, chromium
from tests.support.ports import free_port
from tests.support.terminal import demo_terminal, reads
from tools.demo.story import Demonstrated

pytestmark = pytest.mark.debian

WIDTH, HEIGHT = 1500, 1150

CIPHERTEXT = re.compile("[A-Za-z0-9+/]{30}")


@dataclass
class WebUi:
    """The Web UI of a demo, and a browser to look at it."""

    shown: Demonstrated
    browser: Browser
    pictures: Path
    kept_in: Path

    @property
    def purchase(self) -> str:
        return f"provision-{self.shown.esim.addon.purchase_id}"

    @property
    def secrets(self) -> list[str]:
        esim = self.shown.esim
        assert esim.msisdn
        return [esim.activation_code, esim.msisdn, esim.iccid, "traveler@example.com", "Wakanda", "Activate endpoint"]

    @asynccontextmanager
    async def open(self, workflow_id: str, tab: str, codec_server: str | None = None) -> AsyncIterator[Page]:
        """The tab of a run, as a new browser shows it, whose owner may have entered another codec server."""
        context = await self.browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, timezone_id="UTC")
        if codec_server:
            entered = {"overrideRemoteCodecConfiguration": "true", "endpoint": f'"{codec_server}"'}
            for name, value in entered.items():
                await context.add_init_script(f"localStorage.setItem('{name}', '{value}')")
        page = await context.new_page()
        await page.goto(f"{self.shown.web_ui}/namespaces/default/workflows/{workflow_id}")
        await page.get_by_role("tab", name=tab).click(timeout=PATIENCE_MS)
        try:
            yield page
        finally:
            await context.close()

    async def picture(self, page: Page, name: str) -> None:
        await page.screenshot(path=self.pictures / f"web-ui-{name}.png", animations="disabled")


@pytest.fixture(scope="module")
async def web_ui(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WebUi]:
    directory = tmp_path_factory.mktemp("web-ui")
    demo = await demo_terminal().start("--json", "--directory", str(directory / "demo"))
    try:
        shown = Demonstrated.model_validate_json(await reads(demo, "\n}\n"))
        async with chromium() as browser:
            yield WebUi(shown, browser, Path(os.environ.get("SCREENSHOTS", directory)), directory / "demo")
    finally:
        demo.send_signal(signal.SIGINT)
        await demo.communicate()


async def test_a_purchase_shows_what_was_asked_and_answered_and_what_each_step_did(web_ui: WebUi) -> None:
    async with web_ui.open(web_ui.purchase, "Timeline") as page:
        for words in (
            "traveler@example.com",
            web_ui.shown.esim.activation_code,
            "Activate endpoint",
            "Provision add-on",
        ):
            await expect(page.get_by_text(words).first).to_be_visible(timeout=PATIENCE_MS)
        assert "binary/encrypted" not in await page.inner_text("body")
        await web_ui.picture(page, "decoded")


async def test_a_subscription_shows_the_table_of_its_addons(web_ui: WebUi) -> None:
    async with web_ui.open(web_ui.shown.esim.subscription_id, "User Metadata") as page:
        # Before them is the summary that it was started with, which Temporal does not carry into a next run.
        details = page.frame_locator("iframe").last.locator("body")
        await expect(details).to_contain_text("of traveler T-42", timeout=PATIENCE_MS)
        for words in ("19.5 of 30.0 GB", *(addon.unique_id or "none" for addon in web_ui.shown.addons)):
            await expect(details.get_by_role("table")).to_contain_text(words, timeout=PATIENCE_MS)
        await page.set_viewport_size({"width": 1800, "height": 800})  # the table is squeezed in a smaller one
        await web_ui.picture(page, "addons")


async def test_the_web_ui_tells_nobody_how_to_decrypt(web_ui: WebUi) -> None:
    kept = json.loads((web_ui.kept_in / "secrets.json").read_bytes())
    async with httpx.AsyncClient(trust_env=False) as anybody:
        settings = (await anybody.get(f"{web_ui.shown.web_ui}/api/v1/settings")).json()
        codec_server = settings["Codec"]["Endpoint"]
        assert [secret for secret in kept.values() if secret in json.dumps(settings)] == []
        assert (await anybody.post(f"{codec_server}/decode", json={})).status_code == 401


async def test_without_the_codec_server_there_is_nothing_but_ciphertext(web_ui: WebUi) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    for workflow_id in (web_ui.shown.esim.subscription_id, web_ui.purchase):
        async with web_ui.open(workflow_id, "Timeline", codec_server=nobody) as page:
            await expect(page.get_by_role("alert")).to_contain_text("could not connect", timeout=PATIENCE_MS)
            await expect(page.get_by_role("textbox", name="Input")).to_contain_text(CIPHERTEXT, timeout=PATIENCE_MS)
            await expect(page.get_by_text("activate_esim").or_(page.get_by_text("read_usage")).first).to_be_visible()
            everything = "".join([await frame.inner_text("body") for frame in page.frames])
            assert [secret for secret in web_ui.secrets if secret in everything] == []
            if workflow_id == web_ui.purchase:
                await web_ui.picture(page, "encrypted")
