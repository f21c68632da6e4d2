"""What the tests of a sale ask of its run and of SFT."""

from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError

from contract.esim import ProvisionedEsim
from tests.support.seller import Run, Seller, eventually


async def failure(run: WorkflowHandle[Any, Any]) -> ApplicationError:
    with pytest.raises(WorkflowFailureError) as caught:
        await run.result()
    assert isinstance(caught.value.cause, ApplicationError)
    return caught.value.cause


def statuses(shop: Seller) -> list[str]:
    return [endpoint.status for endpoint in shop.platform.endpoints]


async def scheduled_by(run: Run) -> dict[str, bytes]:
    """The names of the activities, in order, and their summaries."""
    return {
        event.activity_task_scheduled_event_attributes.activity_type.name: event.user_metadata.summary.data
        async for event in run.fetch_history_events()
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    }


async def start_carelessly(shop: Seller, purchase: object, workflow_id: str) -> Run:
    """As a portal does that leaves Temporal's id policies at their defaults."""
    return await shop.client.start_workflow(
        "ProvisionEsimWorkflow", purchase, id=workflow_id, task_queue=shop.task_queue, result_type=ProvisionedEsim
    )


async def eventually_called(shop: Seller, call: str) -> None:
    async def called() -> bool:
        return shop.platform.calls[call] > 0

    await eventually(called)
