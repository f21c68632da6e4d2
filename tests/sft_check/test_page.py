"""docs/sft.md shows the list that the check goes through, and what the check prints.

``python -m tests.sft_check.test_page`` writes both onto the page.
"""

import asyncio
import re
from pathlib import Path
from typing import Final

import pytest

import sft.assumptions
from sft.assumption import Assumption
from sft.checklist import ASSUMPTIONS
from tests.support.ports import free_port
from tests.support.terminal import Terminal
from tools.simulator.platform import Platform
from tools.simulator.server import serving

PAGE: Final = Path(__file__).parents[2] / "docs" / "sft.md"
CONSTANTS: Final = [name for name, value in vars(sft.assumptions).items() if name.isupper() and name != "UTC" and value]

PRINTED: Final = {
    "other_services": "check-sft",
    "subscribe_tells_elsewhere": "check-sft --with-one-esim --yes",
}
"""By the habit of the simulator, the command whose output the page shows."""


TABLE: Final = "| assumption | source | seen by | if it is wrong | then change |\n|---|---|---|---|---|\n"


def row(assumption: Assumption) -> str:
    """One line of the page's table."""
    says = f"`{assumption.name}`: {assumption.says}" if assumption.name in CONSTANTS else assumption.says
    seen_by = {"reading": "r", "one eSIM": "e", "a person": "p"}[assumption.seen_by]
    seen_by += f": {assumption.look}" if assumption.look else ""
    return f"| {says} | {assumption.source} | {seen_by} | {assumption.sales} | {assumption.change} |"


async def printed(habit: str) -> str:
    """What the command prints under a habit, without what is another one each time."""
    async with serving(Platform(habits=[habit])) as base_url:
        variables = {"SFT_BASE_URL": base_url, "SFT_USERNAME": "demo", "SFT_PASSWORD": "demo-password"}
        terminal = Terminal(variables | {"TEMPORAL_ADDRESS": f"127.0.0.1:{free_port()}"})
        output = (await terminal.run(*PRINTED[habit].split())).output
    output = output.replace(base_url, "http://127.0.0.1:8080/api")
    return "\n".join(line.rstrip() for line in re.sub(r" [0-9]+\.[0-9](?= |\n|$)", " 0.1", output).splitlines())


def between(page: str, begin: str, end: str) -> str:
    """What the page has there."""
    return page.partition(begin)[2].partition(end)[0]


def test_every_assumption_is_on_the_page() -> None:
    assert set(CONSTANTS) <= {assumption.name for assumption in ASSUMPTIONS}
    assert between(PAGE.read_text(), TABLE, "\n\n").splitlines() == [row(assumption) for assumption in ASSUMPTIONS]


@pytest.mark.parametrize("habit", PRINTED)
async def test_the_page_shows_what_the_check_prints(habit: str) -> None:
    assert between(PAGE.read_text(), block(habit), "\n```") == await printed(habit)


def block(habit: str) -> str:
    """Where what is printed begins."""
    return f"```text\n$ python starter.py {PRINTED[habit]}\n"


def write_page() -> None:
    """Writes the list, and what is printed, onto the page."""
    page = PAGE.read_text()
    parts = {TABLE: ("\n\n", "\n".join(map(row, ASSUMPTIONS)))}
    parts |= {block(habit): ("\n```", asyncio.run(printed(habit))) for habit in PRINTED}
    for begin, (end, text) in parts.items():
        page = page.replace(begin + between(page, begin, end) + end, begin + text + end)
    PAGE.write_text(page)


if __name__ == "__main__":
    write_page()
