import json
from collections import Counter
from pathlib import Path

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from tools.bench.actions import actions_in
from tools.bench.requests import counted

HISTORIES = Path(__file__).parents[2] / "workflows" / "histories"


def recorded(path: str) -> Counter[str]:
    """The actions of every run of this path."""
    total: Counter[str] = Counter()
    for file in sorted(HISTORIES.glob(f"{path}-?-*.json")):
        document = json.loads(file.read_text())
        total += actions_in(WorkflowHistory.from_json(document["workflow_id"], document["history"]).events)
    return total


def test_a_sale_is_billed_for_both_of_its_workflows() -> None:
    sale = recorded("1.0/plain_sale")
    assert sale.pop("activity attempt") in (3, 4)  # with one more where visibility lagged when it was recorded
    assert sale == {"workflow start": 1, "child workflow start": 2, "signal": 1, "timer": 1}


def test_a_top_up_by_update_adds_an_update_and_its_attempts() -> None:
    more = recorded("1.0/bought_by_update") - recorded("1.0/plain_sale")
    assert more.pop("activity attempt") in (5, 6, 7)
    assert more == {"update": 3, "signal": 2, "continue as new": 1}


def test_continue_as_new_starts_a_workflow() -> None:
    assert recorded("1.0/top_ups")["continue as new"] == 4


def test_attempts_that_failed_are_billed_too() -> None:
    assert recorded("1.0/outage")["activity attempt"] == 11


def test_each_attempt_of_an_activity_is_billed() -> None:
    event = HistoryEvent(event_type=EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED)
    event.activity_task_started_event_attributes.attempt = 4
    assert actions_in([event]) == {"activity attempt": 4}


def marker(task: int) -> HistoryEvent:
    event = HistoryEvent(event_type=EventType.EVENT_TYPE_MARKER_RECORDED)
    event.marker_recorded_event_attributes.workflow_task_completed_event_id = task
    return event


def test_all_markers_of_a_workflow_task_are_one_action() -> None:
    assert actions_in([marker(4), marker(4), marker(9)]) == {"markers of a workflow task": 2}


def upsert(*names: str) -> HistoryEvent:
    event = HistoryEvent(event_type=EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES)
    for name in names:
        event.upsert_workflow_search_attributes_event_attributes.search_attributes.indexed_fields[name].SetInParent()
    return event


def test_the_search_attribute_of_patches_is_free() -> None:
    assert actions_in([upsert("TemporalChangeVersion")]) == {}
    assert actions_in([upsert("TravelerId", "EndpointId")]) == {"search attributes": 1}


def test_requests_are_counted_over_all_of_their_series() -> None:
    metrics = """\
# TYPE temporal_request_total counter
temporal_request_total{namespace="default",operation="RecordActivityTaskHeartbeat",task_queue="a"} 2
temporal_request_total{namespace="default",operation="RecordActivityTaskHeartbeat",task_queue="b"} 3
temporal_request_total{namespace="default",operation="RespondActivityTaskCompleted"} 7
temporal_long_request_total{namespace="default",operation="PollActivityTaskQueue"} 9
"""
    assert counted(metrics) == {"RecordActivityTaskHeartbeat": 5, "RespondActivityTaskCompleted": 7}
