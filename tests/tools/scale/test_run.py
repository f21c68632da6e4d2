"""A small run of the whole: what it counts is the same on every machine."""

import os
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import pytest

from tools.chaos.guard import ROOT
from tools.scale.units import Measured


@pytest.mark.many
@pytest.mark.timeout(300)
async def test_a_small_run_counts_every_action_event_and_call(tmp_path: Path) -> None:
    file = tmp_path / "scale.json"
    scale = await create_subprocess_exec(
        *(sys.executable, "-m", "tools.scale", "--quick", "--json", file),
        cwd=ROOT,
        env=os.environ,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    out, error = await scale.communicate()
    assert scale.returncode == 0, error.decode()
    assert out.decode().startswith("# How it scales\n")
    measured = Measured.model_validate_json(file.read_text())
    ordinary, announced, steady = measured.months
    for month in measured.months:
        assert month.actions["post_event"] == sum(delay.told for delay in month.delays.values())
        assert {delay.told for delay in month.delays.values()} == {1}
        assert not any(delay.late for delay in month.delays.values())
        assert month.calls == {"GetEndPointProfile": month.looks}
        assert (month.asleep_events, month.asleep_actions) == (4, 0)
        assert month.actions["continue as new"] == 1
    assert 60 < ordinary.looks < 110
    assert sum(announced.actions.values()) < 65 < sum(ordinary.actions.values()) < 110
    assert sum(ordinary.actions.values()) < sum(steady.actions.values()) < 180

    alive = measured.alive
    assert alive.alive == alive.asked == 60
    assert (alive.look.count, alive.news.count, alive.sale.count) == (12, 3, 3)
    assert alive.look.events == 0  # it leaves nothing in a history
    assert 0 < alive.look.transitions < alive.news.transitions < alive.sale.transitions
    assert alive.news.events > 0
    assert alive.wait.looks == 12
    assert 8 <= sum(alive.sale_actions.values()) <= 10  # one more where visibility lags
    assert alive.sale_calls["SubscribeAddon"] == 1


async def test_a_number_that_is_none_is_refused_in_one_sentence() -> None:
    scale = await create_subprocess_exec(
        sys.executable, "-m", "tools.scale", "--subscriptions", "many", cwd=ROOT, stderr=PIPE
    )
    _, error = await scale.communicate()
    assert scale.returncode == 2
    assert error.decode().count("\n") == 1
    assert "'many' is not a number from 40 to 50,000" in error.decode()
