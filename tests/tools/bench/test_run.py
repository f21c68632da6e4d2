import json
import os
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import pytest

from tools.chaos.guard import ROOT

GROUPS = {
    *("Throughput", "Latency from start to installable, less SFT's own time", "Growth", "Memory"),
    "A look at a completed purchase by REST",
    *("Cost of a sale", "Cost of a top-up by signal", "Cost of a top-up by update", "Encryption and sandbox"),
}

CAN_BE_NOTHING = ("RSS of the worker", "the same with a cache", "CPU of the", "fetchSIM calls")
"""Of so few: a worker gives memory back to the system meanwhile, computes for less than a tick of the clock, or sells
what an earlier look has found."""


@pytest.mark.alone
@pytest.mark.long
@pytest.mark.timeout(300)
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
        assert row["measured"] > 0 or row["what"].startswith(CAN_BE_NOTHING), row
        assert (row["goal"] is None) == (row["met"] is None), row
        assert f"| {row['what']}" in out.decode(), row


async def test_a_file_that_cannot_be_written_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    bench = await create_subprocess_exec(
        *(sys.executable, "-m", "tools.bench", "--json", tmp_path / "missing" / "bench.json"), cwd=ROOT, stderr=PIPE
    )
    _, error = await bench.communicate()
    assert bench.returncode == 1
    assert error.decode().count("\n") == 1
    assert "make it first" in error.decode()
