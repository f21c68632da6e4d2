import pytest
from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent

from tools.chaos.tally import Tally, cut_off


class History:
    """The events of one history, as the server would list them."""

    def __init__(self) -> None:
        self.events: list[HistoryEvent] = []

    def scheduled(self, activity: str) -> int:
        event = self._next(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
        event.activity_task_scheduled_event_attributes.activity_type.name = activity
        endpoint_id = f'{{"endpoint_id":"{event.event_id}"}}'
        event.activity_task_scheduled_event_attributes.input.payloads.add(data=endpoint_id.encode())
        return event.event_id

    def completed(self, activity: str, result: bytes) -> None:
        scheduled = self.scheduled(activity)
        completed = self._next(EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED).activity_task_completed_event_attributes
        completed.scheduled_event_id = scheduled
        completed.result.payloads.add(data=result)

    def failed(self, activity: str, failure_type: str, message: str = "") -> None:
        scheduled = self.scheduled(activity)
        failed = self._next(EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED).activity_task_failed_event_attributes
        failed.scheduled_event_id = scheduled
        failed.failure.application_failure_info.type = failure_type
        failed.failure.message = message

    def timed_out(self, activity: str) -> None:
        scheduled = self.scheduled(activity)
        event = self._next(EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT)
        event.activity_task_timed_out_event_attributes.scheduled_event_id = scheduled

    def task_failed(self, cause: WorkflowTaskFailedCause.ValueType, told: str = "KeyError: 'P-1'") -> None:
        event = self._next(EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED)
        event.workflow_task_failed_event_attributes.cause = cause
        event.workflow_task_failed_event_attributes.failure.message = "Failed decoding arguments"
        event.workflow_task_failed_event_attributes.failure.cause.message = told

    def continued(self) -> None:
        self._next(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW)

    def _next(self, event_type: EventType.ValueType) -> HistoryEvent:
        self.events.append(HistoryEvent(event_id=len(self.events) + 1, event_type=event_type))
        return self.events[-1]


def tally(history: History) -> Tally:
    total = Tally()
    total.add("subscription-1", history.events)
    return total


def test_subscribes_are_counted_by_outcome_and_unanswered_is_what_is_not_certain() -> None:
    history = History()
    history.completed("provision_addon", b'{"plan_id":"P","unique_id":"1"}')
    for failure_type in ("AddonRejected", "SftUnavailable", "SftAuthenticationFailed", "SftUnanswered"):
        history.failed("provision_addon", failure_type)
    history.timed_out("provision_addon")
    history.timed_out("look_at_endpoint")
    total = tally(history)
    assert set(total.subscribes.values()) == {1}
    assert len(total.subscribes) == 6
    assert total.unanswered == 2


def test_what_became_of_an_unanswered_one_is_in_the_result_of_its_settling() -> None:
    history = History()
    history.completed("settle_addon", b'{"unique_id":"7"}')
    history.completed("settle_addon", b'{"unique_id":"8"}')
    history.completed("settle_addon", b'{"unique_id":null}')
    assert (tally(history).adopted, tally(history).sent_again) == (2, 1)


def test_continuing_as_new_is_counted() -> None:
    history = History()
    history.continued()
    assert tally(history).continued == 1


@pytest.mark.parametrize(
    "cause",
    [
        WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
        WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR,
    ],
)
def test_a_workflow_task_that_fails_is_named(cause: WorkflowTaskFailedCause.ValueType) -> None:
    history = History()
    history.task_failed(cause)
    [sentence] = tally(history).broken_tasks
    assert sentence.startswith("subscription-1, event 1: WORKFLOW_TASK_FAILED_CAUSE_")
    assert "KeyError" in sentence


def test_a_message_that_came_in_just_then_is_no_fault_of_the_code() -> None:
    history = History()
    history.task_failed(WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND)
    assert tally(history).broken_tasks == []


def test_a_workflow_task_that_waits_for_the_build_that_can_read_it_is_no_fault_of_the_code() -> None:
    history = History()
    cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
    history.task_failed(cause, "The state was written by release 1.0 and this build cannot read it (status)")
    assert (tally(history).left_to_newer, tally(history).broken_tasks) == (1, [])


def test_a_call_that_is_looked_up_because_its_activity_was_paused_is_counted() -> None:
    history = History()
    history.failed("provision_addon", "SftUnanswered", "an earlier attempt may have sent SubscribeAddon: it is not")
    history.failed("provision_addon", "SftUnanswered", "SubscribeAddon: no answer within 6 s")
    history.failed("provision_addon", "ActivityReset", "Unhandled activity cancel error produced by activity reset")
    assert (tally(history).not_sent_again, tally(history).unanswered) == (2, 3)


def test_an_activation_that_ended_without_an_answer_may_have_been_sent() -> None:
    history = History()
    history.completed("activate_esim", b"{}")
    for failure_type in ("ActivationRejected", "SftUnavailable", "SftAuthenticationFailed"):
        history.failed("activate_esim", failure_type)
    assert cut_off(history.events) == set()
    history.failed("activate_esim", "SftUnanswered")
    history.timed_out("activate_esim")
    history.timed_out("provision_addon")
    assert cut_off(history.events) == {"9", "11"}
