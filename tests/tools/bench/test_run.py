import json
import os
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import pytest

from tools.bench.__main__ import BEGIN, END, renew
from tools.chaos.guard import ROOT

GROUPS = {
    *("Throughput", "Latency from start to installable, less SFT's own time", "Growth", "Memory"),
    "A look at a completed purchase by REST",
    *("Cost of a sale", "Cost of a top-up by signal", "Cost of a top-up by update", "Encryption and sandbox"),
    *("A month of an eSIM", "A year of an eSIM", "An outage of SFT", "An overloaded worker"),
}

CAN_BE_NOTHING = ("RSS of the worker", "the same with a cache", "CPU of the", "fetchSIM calls")
"""Of so few: a worker gives memory back to the system meanwhile, computes for less than a tick of the clock, or sells
what an earlier look has found."""

HAS_TO_BE_NOTHING = ("billable actions of a dormant eSIM", "times that a worker was asked", "looks that are put back")


@pytest.mark.alone
@pytest.mark.long
@pytest.mark.timeout(600)
async def test_a_quick_run_measures_every_row_and_leaves_no_file_behind(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    place = ROOT / ".bench"
    before = set(place.glob("*"))
    bench = await create_subprocess_exec(
        *(sys.executable, "-m", "tools.bench", "--quick", "--json", file),
        cwd=ROOT,
        env=os.environ,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    out, error = await bench.communicate()
    assert bench.returncode == 0, error.decode()
    assert set(place.glob("*")) == before
    document = json.loads(file.read_text())
    assert set(document) == {"quick", "seconds", "machine", "rows"}
    assert document["quick"] is True
    assert {row["group"] for row in document["rows"]} == GROUPS
    bills = [row for row in document["rows"] if row["what"] == "billable actions"]
    assert len(bills) == 3
    assert all(row["met"] for row in bills), bills
    for row in document["rows"]:
        if row["what"].startswith(HAS_TO_BE_NOTHING):
            assert row["measured"] == 0, row
        assert row["measured"] > 0 or row["what"].startswith(CAN_BE_NOTHING + HAS_TO_BE_NOTHING), row
        assert row["lowest"] <= row["measured"] <= row["highest"], row
        assert (row["goal"] is None) == (row["met"] is None), row
        assert f"| {row['what']}" in out.decode(), row


@pytest.mark.parametrize(
    ("option", "file", "told"), [("--json", "missing/bench.json", "make it first"), ("--page", "page.md", "give docs/")]
)
async def test_a_file_that_cannot_be_written_is_refused_before_anything_is_measured(
    tmp_path: Path, option: str, file: str, told: str
) -> None:
    (tmp_path / "page.md").write_text("without a place for the table")
    bench = await create_subprocess_exec(
        *(sys.executable, "-m", "tools.bench", option, tmp_path / file), cwd=ROOT, stderr=PIPE
    )
    _, error = await bench.communicate()
    assert bench.returncode == 1
    assert error.decode().count("\n") == 1
    assert told in error.decode()


def test_the_table_of_a_page_is_renewed_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n\n{BEGIN}\nold\n\n{END}\nafter\n")
    for _ in range(2):
        renew(page, "new\n")
        assert page.read_text() == f"before\n\n{BEGIN}\nnew\n\n{END}\nafter\n"
