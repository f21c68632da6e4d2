"""One search by spin: the model is translated to C, compiled and run."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

MODEL: Final = Path(__file__).parent / "sale.pml"

MEGABYTES: Final = 1900
"""Memory for one search: two run side by side."""

LONGEST_SECONDS: Final = 900

DEPTH: Final = 100_000
"""Longer than any path within the bounds: a path that is not followed to its end is reported."""

SHORTEST: Final = ("-O0", "-DBFS")
"""Breadth first: the first thing that goes wrong is the shortest story of it."""

EXHAUSTIVE: Final = ("-O1", "-DCOLLAPSE")


class SearchFailed(Exception):
    """Spin or the compiler could not do their work. The message has their words."""


@dataclass(frozen=True)
class Searched:
    """What came of a search. ``story`` is what went wrong, a sentence a move; empty if nothing can."""

    states: int
    seconds: float
    story: list[str] = field(default_factory=list)

    @property
    def broken(self) -> str:
        """Which promise the last sentence says is broken, in one word; empty if none."""
        found = re.match(r"BROKEN: (\w+)", self.story[-1]) if self.story else None
        return found[1] if found else ""


def missing_programs() -> list[str]:
    """Which of the programs that a search needs are not there."""
    return [program for program in ("spin", "gcc") if shutil.which(program) is None]


def search(flags: Sequence[str], *, shortest: bool = False) -> Searched:
    """Tries every order of the model's moves under these definitions, until something goes wrong.

    With ``shortest``, what goes wrong is told by as few moves as it takes.

    Raises:
        SearchFailed: if it could not be searched to the end: for lack of memory or time, or for a mistake in the model.
    """
    with tempfile.TemporaryDirectory(prefix="model-") as name:
        place = Path(name)
        shutil.copy(MODEL, place)
        flags = [*flags, *(["-DBREADTH_FIRST"] if shortest else [])]
        _run(["spin", *flags, "-a", MODEL.name], place)
        how = SHORTEST if shortest else EXHAUSTIVE
        _run(["gcc", "-w", "-DSAFETY", f"-DMEMLIM={MEGABYTES}", *how, "-o", "pan", "pan.c"], place)
        said = _run(["./pan", f"-m{DEPTH}", "-w22"], place)
        story = _story(flags, place) if (place / f"{MODEL.name}.trail").exists() else []
    if not story and ("Search not completed" in said or "too small" in said):
        raise SearchFailed(f"the search was not completed:\n{said[:2000]}")
    return Searched(int(_number(r"(\d+) states, stored", said)), _number(r"elapsed time ([\d.]+)", said), story)


def _story(flags: Sequence[str], place: Path) -> list[str]:
    said = _run(["spin", *flags, "-T", "-k", f"{MODEL.name}.trail", MODEL.name], place)
    told, _, _ = said.partition("\nspin: ")
    return [line for line in told.splitlines() if line.strip()]


def _run(command: Sequence[str], place: Path) -> str:
    try:
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=LONGEST_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise SearchFailed(f"{command[0]} did not end within {LONGEST_SECONDS} s") from error
    said = done.stdout + done.stderr
    if command[0] in ("spin", "gcc") and "-k" not in command and done.returncode:
        raise SearchFailed(f"{' '.join(command)}:\n{said[:2000]}")
    return said


def _number(pattern: str, said: str) -> float:
    found = re.search(pattern, said)
    if found is None:
        raise SearchFailed(f"the search told nothing:\n{said[:2000]}")
    return float(found[1])
