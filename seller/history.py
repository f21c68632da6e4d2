"""What the history of a first purchase tells about its wait for people: since when, until when, and amended to what."""

from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory
from temporalio.converter import decode_typed_search_attributes

from contract.progress import STUCK
from contract.purchase import PlanAmendment
from contract.search_attributes import PURCHASE_STEP
from contract.time_limits import AMENDMENT
from temporal.data_converter import converter_for


@dataclass(frozen=True)
class Wait:
    """``since`` is when the purchase first waited for this, ``until`` when it fails if nothing is done. In UTC, None if
    the history does not say."""

    since: datetime | None
    until: datetime | None


def wait_in(history: WorkflowHistory) -> Wait:
    """The wait that a run is in, or was in last."""
    steps = [(_time(event), step) for event in history.events if (step := _step(event)) in STUCK]
    if not steps:
        return Wait(None, None)
    last, step = steps[-1]
    since = next(time for time, earlier in steps if earlier == step)
    return Wait(since, last + AMENDMENT if step == "needs_attention" else _stock_deadline(history))


async def amended_to(client: Client, history: WorkflowHistory) -> PlanAmendment | None:
    """What the plan of a purchase was amended to last. Raises Undecipherable."""
    amendments = [
        event.workflow_execution_update_accepted_event_attributes.accepted_request.input.args.payloads
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
    ]
    if not amendments:
        return None
    converter = converter_for(client, history.workflow_id)
    [amendment] = await converter.decode(amendments[-1], [dict])  # a handler's input would stay encrypted
    return PlanAmendment.model_validate(amendment)


def _step(event: HistoryEvent) -> str | None:
    changed = event.upsert_workflow_search_attributes_event_attributes.search_attributes
    return decode_typed_search_attributes(changed).get(PURCHASE_STEP)


def _stock_deadline(history: WorkflowHistory) -> datetime | None:
    """When Temporal gives up looking for an eSIM."""
    deadlines = [
        _time(event) + event.activity_task_scheduled_event_attributes.schedule_to_close_timeout.ToTimedelta()
        for event in history.events
        if event.activity_task_scheduled_event_attributes.activity_type.name == "wait_for_stock"
    ]
    return deadlines[-1] if deadlines else None


def _time(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime(UTC)
