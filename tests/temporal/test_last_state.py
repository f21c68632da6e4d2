"""Histories, replayed up to the last workflow task that was completed."""

import json

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory

from temporal.last_state import LastStates, up_to_last_task
from temporal.replay import NotReplayed
from tests.support.histories import NEWEST
from tests.support.seller import Seller
from worker import INTERCEPTORS, RUNNER
from workflows.subscription import TravelerSubscriptionWorkflow

RECORDED = sorted(file.stem for file in NEWEST.glob("*-TravelerSubscriptionWorkflow.json"))


@pytest.fixture
def states(client: Client) -> LastStates:
    return LastStates(client, [TravelerSubscriptionWorkflow], RUNNER, INTERCEPTORS)


@pytest.mark.parametrize("name", RECORDED)
def test_nothing_is_cut_off_but_what_no_task_was_completed_for(name: str) -> None:
    recorded = json.loads((NEWEST / f"{name}.json").read_text())
    events = WorkflowHistory.from_json(recorded["workflow_id"], recorded["history"]).events
    kept = list(up_to_last_task(events))
    assert list(events[: len(kept)]) == kept
    tasks = [event for event in events if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED]
    assert tasks[-1] in kept
    for event in events[len(kept) :]:
        [(_, attributes)] = [
            (field, value) for field, value in event.ListFields() if field.name.endswith("_attributes")
        ]
        assert getattr(attributes, "workflow_task_completed_event_id", 0) != tasks[-1].event_id


async def test_the_state_of_a_run_that_goes_on_is_what_it_answers_itself(states: LastStates, shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    run = shop.run_of(endpoint_id)
    await run.execute_update("purchase_addon", shop.addon())
    await run.execute_update("suspend", {"reason": "system"})
    described = await run.describe()
    assert await states.read(run.id, described.run_id) == await run.query("last_state")


async def test_a_run_that_never_completed_a_task_has_no_state(states: LastStates, client: Client, shop: Seller) -> None:
    run = await client.start_workflow("NobodyRunsThis", id=f"waits-{shop.number}", task_queue="nobody-asks")
    with pytest.raises(NotReplayed, match="no workflow task that was completed"):
        await states.read(run.id, run.result_run_id or "")
    await run.terminate()
