"""docs/api.md, gone through as at a terminal: every command is run, and what it shows is what comes."""

import asyncio
import json
import os
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from temporalio.client import Client

from tests.support.event_receiver import EventReceiver, listening
from tests.support.portal import opened
from tests.support.seller import eventually, seller

ROOT = Path(__file__).parents[3]

MINUTE = r"\d{4}-\d\d-\d\d \d\d:\d\d"

NUMBERED = {
    *("iccid", "msisdn", "activation_code", "unique_id", "started_at", "as_of", "bought_at", "decided_at"),
    *("at", "occurred_at", "cursor", "next"),
}
"""Fields whose digits may be others than those on the page."""

PASSING = {"step", "detail"}
"""Fields that may have come further than on the page, while a purchase is running."""


def steps(page: str) -> list[tuple[str, str]]:
    """The commands of the page, in order, each with what it shows of the answer: nothing, for some."""
    blocks = re.findall(r"^```(\w+)\n((?:.*\n)*?)```$", page, re.MULTILINE)
    following = [*blocks[1:], ("sh", "")]
    return [
        (block, "" if next_language == "sh" else shown)
        for (language, block), (next_language, shown) in zip(blocks, following, strict=True)
        if language == "sh"
    ]


class Shell:
    """What one block sets, the next ones know."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def run(self, block: str) -> str:
        """What a block prints."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{block}\nprintf '\\0'\n".encode())
        printed = await self._process.stdout.readuntil(b"\0")
        return printed[:-1].decode()

    async def answer(self, block: str, shown: str) -> str:
        """The same; asked for again, as the page says, while it is early."""

        async def look() -> str | None:
            printed = await self.run(block)
            status, _, content = printed.partition("\n")
            is_early = " 202 " in status and status.strip() not in shown
            return None if is_early or content.endswith("\n[]") else printed

        return await eventually(look)


@asynccontextmanager
async def shell(directory: Path) -> AsyncIterator[Shell]:
    """A shell beside a portal whose keys are in the directory, as that of the demo is."""
    (directory / ".demo").mkdir()
    (directory / ".demo" / "env").write_text(f"export PORTAL_API_KEYS={directory}/keys.json\n")
    (directory / ".venv").symlink_to(sys.prefix)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CURL_HOME": str(directory), "no_proxy": "127.0.0.1"}
    process = await asyncio.create_subprocess_exec("bash", cwd=directory, env=environment, stdin=PIPE, stdout=PIPE)
    try:
        yield Shell(process)
    finally:
        process.kill()
        await process.wait()


def assert_shown(printed: str, shown: str) -> None:
    """Of what curl -i prints, the page shows the status, headers that matter, and the JSON: all of it, or parts."""
    if not shown.startswith("HTTP"):
        assert re.sub(MINUTE, "…", printed) == re.sub(MINUTE, "…", shown)
        return
    head, _, body = printed.partition("\r\n\r\n")
    shown_head, _, shown_body = re.sub(r"\n…", r"\n\n…", shown, count=1).partition("\n\n")
    assert set(shown_head.splitlines()) <= set(head.splitlines()), head
    assert shown_head.splitlines()[0] == head.splitlines()[0]
    if "text/csv" in head:
        assert body.startswith(shown_body.partition("…")[0].replace("\n\n", "\n"))
        return
    document: object = json.loads(body)
    if "…" in shown_body:
        lines = json.dumps(document, indent=2, ensure_ascii=False).splitlines()
        assert set(shown_body.splitlines()) - {"…"} <= set(lines), lines
    else:
        assert comparable(document) == comparable(json.loads(shown_body))


def comparable(value: object, name: str = "") -> object:
    """The same without what may differ."""
    match value:
        case dict():
            passing = PASSING if value.get("status") == "running" else set()
            return {field: comparable(part, field) for field, part in value.items() if field not in passing} | {
                field: type(value[field]) for field in passing
            }
        case list():
            return [comparable(part) for part in value]
        case str() if name in NUMBERED:
            return re.sub(r"\d", "0", value)
    return value


@pytest.mark.debian
async def test_every_command_of_the_page_answers_what_the_page_shows(client: Client, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "api.md").read_text()
    async with (
        listening(EventReceiver()) as told,
        seller(client, **told) as shop,
        shop.working(),
        opened(shop, portal_api_keys=str(tmp_path / "keys.json")) as portal,
        shell(tmp_path) as terminal,
    ):
        purchase_ids = f"P-{next(shop.numbers)}-"
        page = page.replace("http://127.0.0.1:8000", portal.url).replace("P-300", purchase_ids)
        page = re.sub(r"T-(45|46)", rf"T-\1-{shop.number}", page)
        page = page.replace("179533574481", shop.platform.endpoints[0].endpoint_id)
        for command, shown in steps(page):
            if shown:
                assert_shown(await terminal.answer(command, shown), shown)
            else:
                await terminal.run(command)
        [scanned] = zxingcpp.read_barcodes(Image.open(tmp_path / "esim.png"))
        assert scanned.text == (await portal.seller.sales.sold(f"{purchase_ids}1")).activation_code
        assert shop.platform.calls["SubscribeAddon"] == 4
