"""``make drill``, solved by a script: every cause is named in what a command prints."""

import asyncio
import json
import re
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.forked import ROOT
from tests.support.terminal import Terminal, reads

pytestmark = [pytest.mark.long, pytest.mark.timeout(360)]

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text()

PATIENCE_SECONDS = 150.0
"""Until every incident has come to what its ticket says: workers tell the server once a minute what they poll."""


async def test_twenty_tickets_lead_to_their_causes_by_one_command_each(tmp_path: Path) -> None:
    drill = await Terminal({}, program="tools/drill/__main__.py").start("--json", "--directory", str(tmp_path))
    try:
        told = json.loads(await reads(drill, "\n}\n"))
        tickets = told["tickets"]
        assert len({ticket["cause"] for ticket in tickets}) == 20
        assert [ticket["says"] for ticket in tickets if ticket["words"] not in RUNBOOK] == []
        terminal = Terminal(_variables(tmp_path / "env"))
        until = time.monotonic() + PATIENCE_SECONDS
        # Few at a time: each is a process, and starter.py gives up soon.
        while tickets := [ticket for ticket in tickets if not await _is_named(terminal, ticket)]:
            assert time.monotonic() < until, [(t["says"], await _printed(terminal, t)) for t in tickets]
            await asyncio.sleep(1)
    finally:
        drill.send_signal(signal.SIGINT)
        await drill.communicate()
    assert drill.returncode == 0


async def _is_named(terminal: Terminal, ticket: dict[str, Any]) -> bool:
    printed = await _printed(terminal, ticket)
    return all(re.search(sign, printed) for sign in ticket["signs"])


async def _printed(terminal: Terminal, ticket: dict[str, Any]) -> str:
    found = await terminal.run(*ticket["command"], ESIM_TASK_QUEUE=ticket["queue"])
    return " ".join(f"{found.output} {found.errors}".split())


def _variables(environment: Path) -> dict[str, str]:
    return dict(re.findall(r"^export (\w+)='?([^'\n]*)'?$", environment.read_text(), re.MULTILINE))
