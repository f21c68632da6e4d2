"""What somebody may get an operator to type, or to paste, behind a command of starter.py."""

import asyncio
import re

import pytest

from tests.security.index import COMMANDS
from tests.support.attacked import Attacked
from tests.support.encryption_keys import key
from tests.support.telling import many_but
from tests.support.terminal import Terminal, terminal_of

HOSTILE = ("' OR TravelerId != '", "../../../etc/passwd", "x\n\x1b[2Jdone", "\x9b2J\x07", "\u202e4711", "a" * 5000)

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
"""What moves the cursor of a terminal, or worse."""

BEHIND = {
    "provision": ("Wakanda Daily", "--purchase-id"),
    "buy-addon": ("Wakanda Daily", "--purchase-id", "P-1"),
    "audit": ("--every",),
    "check-sft": ("--product",),
    "list": ("--traveler",),
    "export": ("--since",),
    "erase": ("--yes", "--traveler"),
    "keys": (),
}
"""What stands before it, where that is not the command alone."""

TELLING = ("provision", "status", "list", "export", "adopt", "keys")
"""Those that read what is written in ways of their own."""

AFTER = {"drop": ("1", "--yes")}
"""What stands after it."""


@pytest.mark.long
@pytest.mark.parametrize("command", many_but(TELLING, COMMANDS))
async def test_no_argument_gets_further_than_the_command(attacked: Attacked, command: str) -> None:
    before = await attacked.now()
    terminal = Terminal(terminal_of(attacked.shop).variables | {"ESIM_ENCRYPTION_KEYS": key(1)})
    for hostile in HOSTILE:
        done = await asyncio.wait_for(
            terminal.run(command, *BEHIND.get(command, ()), hostile, *AFTER.get(command, ())), 60
        )
        assert done.code in (1, 2), (hostile, done)
        said = done.output + done.errors
        assert "Traceback" not in said, hostile
        assert not CONTROL.search(said), (hostile, said)
        assert attacked.sold.endpoint_id not in said, hostile
    assert await attacked.now() == before


@pytest.mark.long
@pytest.mark.parametrize("option", ["--traveler", "--query", "--file", "--reseller", "--failures"])
async def test_no_argument_of_an_order_for_many_widens_it(attacked: Attacked, option: str) -> None:
    before = await attacked.now()
    terminal = Terminal(terminal_of(attacked.shop).variables | {"ESIM_ENCRYPTION_KEYS": key(1)})
    chosen = () if option in ("--traveler", "--query", "--file") else ("--traveler", "T-nobody")
    for hostile in HOSTILE:
        done = await asyncio.wait_for(terminal.run("suspend", *chosen, option, hostile, "--yes"), 60)
        assert done.code in (0, 1, 2), (hostile, done)
        said = done.output + done.errors
        assert "Traceback" not in said, hostile
        assert not CONTROL.search(said), (hostile, said)
        assert attacked.sold.endpoint_id not in said, hostile
    assert await attacked.now() == before
