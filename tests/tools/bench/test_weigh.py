from datetime import UTC, datetime

from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.enums.v1 import TaskQueueKind
from temporalio.api.history.v1 import (
    ActivityTaskCompletedEventAttributes,
    HistoryEvent,
    WorkflowTaskScheduledEventAttributes,
)
from temporalio.api.taskqueue.v1 import TaskQueue

from tools.bench.weigh import lasting_bytes


def completed(identity: str, when: datetime, result: bytes) -> HistoryEvent:
    event = HistoryEvent(
        event_id=7,
        task_id=when.microsecond,
        activity_task_completed_event_attributes=ActivityTaskCompletedEventAttributes(
            identity=identity, result=Payloads(payloads=[Payload(data=result)])
        ),
    )
    event.event_time.FromDatetime(when)
    return event


def test_who_wrote_it_and_when_makes_no_difference_and_what_it_says_does() -> None:
    one = completed("1@host", datetime(2026, 1, 1, 0, 0, 0, 5, UTC), b'{"at":"2026-01-01T00:00:00Z"}')
    other = completed("23456@another-host", datetime(2027, 1, 1, tzinfo=UTC), b'{"at":"2027-01-01T00:00:00.000123Z"}')
    assert lasting_bytes([one]) == lasting_bytes([other])
    assert lasting_bytes([one, other]) == 2 * lasting_bytes([one])
    more = completed("1@host", datetime(2026, 1, 1, tzinfo=UTC), b'{"at":"2026-01-01T00:00:00Z","more":1}')
    assert lasting_bytes([more]) == lasting_bytes([one]) + len(b',"more":1')


def test_the_name_of_a_workers_own_queue_makes_no_difference_and_that_of_a_shared_one_does() -> None:
    def scheduled(name: str, kind: TaskQueueKind.ValueType) -> int:
        attributes = WorkflowTaskScheduledEventAttributes(task_queue=TaskQueue(name=name, kind=kind))
        return lasting_bytes([HistoryEvent(workflow_task_scheduled_event_attributes=attributes)])

    own, shared = TaskQueueKind.TASK_QUEUE_KIND_STICKY, TaskQueueKind.TASK_QUEUE_KIND_NORMAL
    assert scheduled("1@host-abc", own) == scheduled("12345@another-host-abc", own)
    assert scheduled("short", shared) < scheduled("much longer", shared)
