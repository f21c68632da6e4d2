"""How long a history is, without what differs from machine to machine and from run to run: what can be held exactly."""

import re
from collections.abc import Iterable
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.enums.v1 import TaskQueueKind
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.taskqueue.v1 import TaskQueue

BY_WHOM: Final = frozenset({"identity", "binary_checksum", "worker_version", "sdk_metadata", "last_failure", "task_id"})
"""Fields that tell who wrote an event, on which machine and with which release of the SDK; and a failed attempt before,
whose traceback has our folders in it."""

BARE: Final = "without times and names of workers"
"""What rows call that."""

TIME: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
"""In payloads: without a fraction where that happens to be zero."""


def lasting_bytes(events: Iterable[HistoryEvent]) -> int:
    """The bytes of these events, without when they were, who wrote them, and the name of a worker's own task queue.

    What stands in them has to have the same length each time: ids of so many digits, and of payloads the plain text.
    """
    return sum(_lasting(event) for event in events)


def _lasting(event: HistoryEvent) -> int:
    copied = HistoryEvent.FromString(event.SerializeToString())
    _strip(copied)
    return len(TIME.sub(b"", copied.SerializeToString()))


def _strip(message: Message) -> None:
    if isinstance(message, TaskQueue) and message.kind == TaskQueueKind.TASK_QUEUE_KIND_STICKY:
        message.ClearField("name")
    for field, value in message.ListFields():
        if field.name in BY_WHOM or _is_time(field):
            message.ClearField(field.name)
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            for each in _messages(value):
                _strip(each)


def _is_time(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.full_name == Timestamp.DESCRIPTOR.full_name


def _messages(value: Any) -> list[Message]:
    """The messages in a field: one, a list or a map of them."""
    if isinstance(value, Message):
        return [value]
    return [each for each in (value.values() if hasattr(value, "values") else value) if isinstance(each, Message)]
