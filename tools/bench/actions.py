"""Billable actions, as Temporal Cloud counts them, from the histories of all runs that belong together.

The source is https://docs.temporal.io/cloud/actions. What leaves no trace in a history is not counted here: queries,
rejected updates, heartbeats, and the attempts of an activity that waits or was called back: a worker has to count them.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

ONE_EACH: Final = {
    EventType.EVENT_TYPE_TIMER_STARTED: "timer",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED: "signal",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: "update",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED: "options updated",
    EventType.EVENT_TYPE_NEXUS_OPERATION_SCHEDULED: "nexus operation",
    EventType.EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED: "nexus operation",
}
"""A signal counts once, where it arrives, also if a workflow sent it."""

FREE_ATTRIBUTE: Final = "TemporalChangeVersion"


def actions_in(events: Iterable[HistoryEvent]) -> Counter[str]:
    """The actions by kind, of the events of one run."""
    actions: Counter[str] = Counter()
    tasks_with_markers: set[int] = set()
    for event in events:
        if event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED:
            tasks_with_markers.add(event.marker_recorded_event_attributes.workflow_task_completed_event_id)
        else:
            actions.update(_actions_of(event))
    actions["markers of a workflow task"] = len(tasks_with_markers)  # however many of them it recorded
    return +actions


def _actions_of(event: HistoryEvent) -> dict[str, int]:
    match event.event_type:
        case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
            started = event.workflow_execution_started_event_attributes
            if started.continued_execution_run_id:
                return {"continue as new": 1}
            return {} if started.HasField("parent_workflow_execution") else {"workflow start": 1}
        case EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
            return {"child workflow start": 2}  # one for the intent, one for the attempt
        case EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
            return {"activity attempt": event.activity_task_started_event_attributes.attempt}
        case EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
            upserted = event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields
            return {} if set(upserted) == {FREE_ATTRIBUTE} else {"search attributes": 1}
        case kind if kind in ONE_EACH:
            return {ONE_EACH[kind]: 1}
    return {}
