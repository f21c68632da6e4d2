"""``starter.py catalog``: what is wrong with a catalog, and what SFT has that it lacks."""

import os
from pathlib import Path

import pytest

from seller.catalog import read_catalog
from tests.support.ports import free_port
from tests.support.terminal import Terminal
from tools.simulator.fault import Fault
from tools.simulator.platform import Platform

WRITTEN = "# mine\r\n[products]\r\n'Wakanda Monthly' = 'PLAN-WAKANDA-DAILY' # not what SFT calls so\r\n"


@pytest.fixture
def terminal(base_url: str) -> Terminal:
    return Terminal({"SFT_BASE_URL": base_url, "SFT_USERNAME": "demo", "SFT_PASSWORD": "demo-password"})


async def test_a_check_says_each_problem_and_asks_sft_for_the_plans(
    terminal: Terminal, platform: Platform, tmp_path: Path
) -> None:
    file = tmp_path / "catalog.toml"
    file.write_text("[products]\nDaily = 'PLAN-WAKANDA-DAILY'\nGone = 'PLAN-GONE'\n")
    lacking = await terminal.run("catalog", "check", str(file))
    assert (lacking.code, lacking.errors) == (1, "")
    assert "does not list PLAN-GONE, which product 'Gone' is" in " ".join(lacking.output.split())
    assert (await terminal.run("catalog", "check", str(file), "--json")).document["asked_sft"] is True
    unasked = await Terminal({}).run("catalog", "check", str(file), "--json")
    assert (unasked.code, unasked.document["asked_sft"], unasked.document["problems"]) == (0, False, [])
    file.write_text("[products.Daily]\nplan_id = 'P'\ndays = 0\ncountries = ['UK']\n")
    wrong = await terminal.run("catalog", "check", str(file), "--json")
    assert wrong.code == 2
    assert ["days 0 must" in one or "countries 'UK' must" in one for one in wrong.document["problems"]] == [True, True]
    missing = await terminal.run("catalog", "check", str(tmp_path / "none.toml"))
    assert (missing.code, "cannot be read" in missing.output) == (2, True)
    platform.order(Fault(call="QueryRatePlan", kind="error_before", times=0))
    file.write_text("[products]\nDaily = 'PLAN-WAKANDA-DAILY'\n")
    assert (await terminal.run("catalog", "check", str(file))).sentence.startswith("SFT does not tell")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
async def test_an_import_adds_what_is_missing_and_leaves_what_a_seller_wrote(
    terminal: Terminal, tmp_path: Path, encoding: str
) -> None:
    file = tmp_path / "catalog.toml"
    file.write_bytes(WRITTEN.encode(encoding))
    added = await terminal.run("catalog", "import", str(file))
    assert (added.code, added.errors) == (0, "")
    assert "Added: Wakanda 30Days / 30GB (PLAN-WAKANDA-30D-30GB)" in added.output
    assert file.read_bytes().startswith(WRITTEN.encode(encoding))
    assert os.listdir(tmp_path) == ["catalog.toml"]
    catalog = read_catalog(str(file))
    # SFT's name for it is taken by another product here.
    taken = "Wakanda Monthly (PLAN-WAKANDA-MONTHLY)"
    assert (catalog.plans[taken], catalog.products[taken].hidden) == ("PLAN-WAKANDA-MONTHLY", True)
    assert catalog.plans["Wakanda Monthly"] == "PLAN-WAKANDA-DAILY"
    assert (await terminal.run("catalog", "import", str(file), "--json")).document["added"] == []


async def test_an_import_writes_nothing_where_it_would_break_something(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "catalog.toml"
    for content in ("products = {Daily = 'P'}\n", "[products\n"):
        file.write_text(content)
        refused = await terminal.run("catalog", "import", str(file))
        assert (refused.code, "is not TOML" in refused.sentence) == (2, True)
        assert file.read_text() == content
    new = tmp_path / "new.toml"
    assert (await terminal.run("catalog", "import", str(new))).code == 0
    assert "Wakanda Daily" in read_catalog(str(new)).plans
    away = Terminal(terminal.variables | {"SFT_BASE_URL": f"http://127.0.0.1:{free_port()}/api"})
    assert (await away.run("catalog", "import", str(file))).code == 1
    assert (await Terminal({}).run("catalog", "import", str(file))).code == 2
