import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.parsed import parsed
from tests.support.telling import many_but
from tools.model.bounds import GUARDS, HOLDS, REDUCED, Bounds, Guard
from tools.model.search import MODEL, search

SMALL = (
    Bounds(topups=1, hands=1, who=REDUCED[0].who),
    Bounds(purchases=2, faults=1),
)
"""What is searched in seconds."""

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "model.md").read_text()


def table(heading: str) -> list[list[str]]:
    """The cells of each row below the header of the table that begins with this heading."""
    rows = re.search(rf"^\| {heading} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert rows, f"model.md has no table that begins with {heading}"
    return [[cell.strip() for cell in row[1:-1].split("|")] for row in rows[1].splitlines()]


def functions(module: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[str]:
    """The names of everything that can be called in a module, with those of the classes that they are in."""
    for node in module.body:
        if isinstance(node, ast.ClassDef):
            yield from functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{node.name}"


def test_every_function_that_the_page_maps_a_move_to_is_in_the_code() -> None:
    named = [found for row in table("move") for found in re.findall(r"\[[^]]*\]\(\.\./([^)]+)\) `([^`]+)`", row[1])]
    assert len(named) > 40
    for path, function in named:
        assert function in set(functions(parsed(ROOT / path))), f"{path} has no {function}"


def test_the_page_maps_every_move_of_the_model() -> None:
    moves = re.findall(r"^    /\* (.*?) \*/$", MODEL.read_text(), re.MULTILINE)
    assert {row[0] for row in table("move")} == set(moves)


def test_the_page_lists_every_guard_and_what_breaks_without_it() -> None:
    listed = [(" ".join(re.findall(r"`([^`]+)`", row[0])), row[1], row[2]) for row in table("switch")]
    assert listed == [(guard.switch, guard.what, guard.breaks) for guard in GUARDS]


def test_the_page_lists_the_bounds() -> None:
    assert [row[0] for row in table("bounds")] == [str(bounds) for bounds in HOLDS]


def test_every_switch_of_the_model_is_a_guard_that_is_taken_out() -> None:
    in_the_model = set(re.findall(r"^#ifn?def (NO_\w+)", MODEL.read_text(), re.MULTILINE))
    assert in_the_model == {switch for guard in GUARDS for switch in guard.switch.split()}


def test_without_spin_it_says_in_a_sentence_what_to_install(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.model"],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "apt install spin gcc" in done.stderr


@pytest.mark.debian
@pytest.mark.timeout(600)
@pytest.mark.parametrize("bounds", many_but(SMALL[:1], [*SMALL, *REDUCED]), ids=str)
def test_every_promise_is_kept_whatever_the_order_of_the_moves(bounds: Bounds) -> None:
    assert search(bounds.flags).story == []


@pytest.mark.debian
@pytest.mark.timeout(600)
@pytest.mark.parametrize("guard", many_but(GUARDS[::7], GUARDS), ids=lambda guard: str(guard.switch))
def test_without_a_guard_a_promise_is_broken(guard: Guard) -> None:
    assert search(guard.flags, shortest=True).broken == guard.breaks
