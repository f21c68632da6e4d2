"""What docs/simulator.md says about making it go wrong, as at a terminal."""

import asyncio
import re
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import httpx
import pytest

from tools.simulator.platform import Platform

pytestmark = pytest.mark.debian  # curl

PAGE = Path(__file__).parents[3] / "docs" / "simulator.md"


async def test_what_the_page_orders_is_answered_as_it_shows(platform: Platform, control: httpx.AsyncClient) -> None:
    text = PAGE.read_text().partition("## Make it go wrong")[2]
    text = text.replace("http://127.0.0.1:8080/simulator", str(control.base_url).rstrip("/"))
    session = "".join(re.findall(r"^```console\n((?:.*\n)*?)```$", text, re.MULTILINE))
    commands = "".join(line[2:] for line in session.splitlines(True) if line.startswith(("$ ", "> ")))
    shown = "".join(line for line in session.splitlines() if line.startswith("{"))
    assert re.sub(r"\d{2,}", "…", await run(commands)) == re.sub(r"\d{2,}", "…", shown)
    assert [endpoint.attached for endpoint in platform.endpoints] == [False] * 3 + [True] * 2


async def run(commands: str) -> str:
    process = await asyncio.create_subprocess_exec("bash", "-c", commands, stdout=PIPE, stderr=DEVNULL)
    return (await process.communicate())[0].decode()
