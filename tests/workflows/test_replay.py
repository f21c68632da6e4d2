"""Today's code replays yesterday's histories (``make histories`` records them).

Here that is done inside the SDK's sandbox, which workers do without: on every recorded path it would catch a call that
is not deterministic.
"""

import base64
import json
import re
from typing import Any, Final

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner
from temporalio.workflow import NondeterminismError

from temporal.data_converter import data_converter
from tests.support.histories import HISTORIES, NEWEST, PATHS
from worker import INTERCEPTORS
from workflows.claim import EndpointClaim
from workflows.registered import WORKFLOWS

RECORDED: Final = sorted(str(file.relative_to(HISTORIES).with_suffix("")) for file in HISTORIES.rglob("*.json"))
NEWEST_RECORDED: Final = sorted(file.stem for file in NEWEST.glob("*.json"))

STEPS: Final = (
    *("find_esim", "wait_for_stock", "activate_esim", "look_at_endpoint", "provision_addon"),
    *("settle_addon", "remove_surplus", "suspend_esim", "deliver_esim"),
    *("read_usage", "change_lifecycle", "post_event", "send_notice", "count_stock", "hand_out_stock"),
    *("look_at_holder", "read_esim", "find_sim"),
)


def recorded(path: str) -> str:
    return (HISTORIES / f"{path}.json").read_text()


async def replay(text: str, **changes: Any) -> None:
    history = json.loads(text)
    replayer = Replayer(workflows=WORKFLOWS, interceptors=INTERCEPTORS, data_converter=data_converter, **changes)
    await replayer.replay_workflow(WorkflowHistory.from_json(history["workflow_id"], history["history"]))


def test_every_path_is_recorded() -> None:
    assert {path.split("-")[0] for path in NEWEST_RECORDED} == {path.__name__ for path in PATHS}
    assert len([path for path in NEWEST_RECORDED if path.startswith("top_ups-")]) > 3  # it continued as new


@pytest.mark.parametrize("path", RECORDED)
async def test_a_recorded_history_is_replayed(path: str) -> None:
    await replay(recorded(path))


@pytest.mark.parametrize("step", STEPS)
async def test_a_history_that_took_another_step_is_caught(step: str) -> None:
    history = next(text for path in RECORDED if f'"name": "{step}"' in (text := recorded(path)))
    with pytest.raises(NondeterminismError):
        await replay(history.replace(f'"name": "{step}"', '"name": "another_step"'))


async def nothing(*_: object) -> None:
    pass


@pytest.mark.parametrize("step", ["activate", "hand_over"])
async def test_code_that_leaves_out_a_step_is_caught(monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    outside_the_sandbox = UnsandboxedWorkflowRunner()  # inside, modules are imported anew
    sale = recorded("1.0/plain_sale-0-ProvisionEsimWorkflow")
    await replay(sale, workflow_runner=outside_the_sandbox)
    monkeypatch.setattr(EndpointClaim, step, nothing)
    with pytest.raises(NondeterminismError):
        await replay(sale, workflow_runner=outside_the_sandbox)


@pytest.mark.parametrize("path", RECORDED)
def test_a_recorded_history_tells_no_secret_and_nothing_of_the_machine_that_recorded_it(path: str) -> None:
    text = recorded(path)
    payloads = [base64.b64decode(data).decode() for data in re.findall(r'"data": "([^"]+)"', text)]
    for word in ("identity", "stackTrace", "workerVersion"):
        assert word not in text
    for word in ("demo-password", "eyJ", "127.0.0.1", 'File "'):
        assert not [payload for payload in payloads if word in payload]
