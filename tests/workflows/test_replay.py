"""Today's code replays yesterday's histories."""

import json
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from tests.histories import HISTORIES
from worker import WORKFLOWS
from workflows.intake import Intake, data_converter


def recorded(file: Path) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(file.read_text())
    return written


async def replay(written: dict[str, Any]) -> None:
    replayer = Replayer(workflows=WORKFLOWS, interceptors=[Intake()], data_converter=data_converter)
    await replayer.replay_workflow(WorkflowHistory.from_json(written["workflow_id"], written["history"]))


def test_there_are_histories_to_replay() -> None:
    paths = {file.name.split("-")[0] for file in HISTORIES.glob("*.json")}
    assert len(paths) == 11
    assert len(list(HISTORIES.glob("top_ups-*"))) > 4


@pytest.mark.parametrize("file", sorted(HISTORIES.glob("*.json")), ids=lambda file: file.stem)
async def test_a_recorded_history_is_replayed(file: Path) -> None:
    await replay(recorded(file))


@pytest.mark.parametrize(
    ("path", "step"),
    [("plain_sale-0-ProvisionEsimWorkflow", "provision_addon"), ("adoption-0-ProvisionEsimWorkflow", "settle_addon")],
)
async def test_a_change_that_cannot_be_replayed_is_caught(path: str, step: str) -> None:
    written = recorded(HISTORIES / f"{path}.json")
    changed = json.dumps(written).replace(f'"name": "{step}"', '"name": "another_step"')
    assert changed != json.dumps(written)
    with pytest.raises(NondeterminismError):
        await replay(json.loads(changed))
