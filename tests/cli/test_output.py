"""A sale that succeeded has succeeded, whatever its seller's terminal can show."""

import asyncio
import os
import pty
import subprocess
import sys
from contextlib import suppress

import pytest

from tests.support.forked import ROOT
from tests.support.seller import PRODUCT, Seller
from tests.support.terminal import terminal_of
from tools.demo.surroundings import surroundings

CODE = "LPA:1$smdp.example.com$MATCHING-ID"
QR = f"from cli.screen import Screen; Screen().qr('{CODE}')"


async def bought(shop: Seller, redirection: str, **variables: str) -> tuple[int | None, str]:
    """How a purchase ends whose output goes there, and what was written of it."""
    environment = surroundings(terminal_of(shop).variables | variables)
    command = f'"{sys.executable}" starter.py provision "{PRODUCT}" --traveler-id T-42 {redirection}'
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", command, cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode("latin-1")


def shown_at_a_terminal(columns: int, **variables: str) -> str:
    """What a terminal of this width is sent."""
    person, terminal = pty.openpty()
    subprocess.run(["stty", "cols", str(columns), "rows", "24"], stdin=terminal, check=True)
    about_terminals = ("NO_COLOR", "COLUMNS", "LINES", "FORCE_COLOR")
    inherited = {name: value for name, value in os.environ.items() if name not in about_terminals}
    environment = {**inherited, "TERM": "xterm-256color", **variables}
    process = subprocess.Popen(
        [sys.executable, "-c", QR], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=terminal
    )
    os.close(terminal)
    shown = b""
    with suppress(OSError), open(person, "rb", buffering=0) as sent:  # the end of a terminal is an error
        while more := sent.read(65_536):
            shown += more
    assert process.wait(60) == 0
    return shown.decode(variables.get("PYTHONIOENCODING", "utf-8"))


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8", "cp437"])
def test_a_qr_code_is_shown_where_it_can_be_and_else_what_it_says(encoding: str) -> None:
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    shown = subprocess.run([sys.executable, "-c", QR], cwd=ROOT, env=environment, capture_output=True, check=True)
    output = shown.stdout.decode(encoding)
    assert ("█" in output) == (encoding in ("utf-8", "cp437"))
    assert (f"No QR code can be shown here. What it says: {CODE}\n" in output) == ("█" not in output)


@pytest.mark.parametrize(
    ("columns", "variables", "is_shown"),
    [
        (80, {}, True),
        (37, {}, True),
        (36, {}, False),
        (0, {}, True),
        (80, {"TERM": "dumb"}, False),
        (80, {"COLUMNS": "0"}, True),
        (80, {"PYTHONIOENCODING": "ascii"}, False),
    ],
)
def test_a_terminal_shows_it_where_it_can(columns: int, variables: dict[str, str], is_shown: bool) -> None:
    shown = shown_at_a_terminal(columns, **variables)
    assert ("█" in shown) == is_shown
    assert (CODE in shown.replace("\r\n", "")) != is_shown


async def test_a_sale_is_no_mistake_whatever_its_output_is(open_shop: Seller) -> None:
    """Each of these ended with 70, or with a traceback."""
    code, output = await bought(open_shop, "", PYTHONIOENCODING="ascii")
    assert (code, "What it says: LPA:1$" in output) == (0, True)
    assert (await bought(open_shop, ">&- 2>&- <&-"))[0] == 0
    code, output = await bought(open_shop, "2>&1 > /dev/full")
    assert (code, output) == (2, "The answer cannot be written to standard output: No space left on device\n")
    _, output = await bought(open_shop, "| true; echo ${PIPESTATUS[0]}")
    assert output == "141\n"
