"""Under which keys a run is encrypted."""

from typing import Any

from google.protobuf.message import Message
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowHandle

from temporal.encryption.sealed import label_of


def payloads_of(message: Message) -> list[Payload]:
    if isinstance(message, Payload):
        return [message]
    found = []
    for field, value in message.ListFields():
        if field.name in {"search_attributes", "header"}:
            continue
        if field.message_type is None:
            continue
        if field.message_type.GetOptions().map_entry:
            children = [child for child in value.values() if isinstance(child, Message)]
        else:
            children = list(value) if hasattr(value, "__len__") and not isinstance(value, Message) else [value]
        found += [payload for child in children for payload in payloads_of(child)]
    return found


async def labels_in(run: WorkflowHandle[Any, Any]) -> list[str | None]:
    """The key of each payload in the history, in order; without names of patches, which the SDK adds in plaintext."""
    history = await run.fetch_history()
    events = [event for event in history.events if event.marker_recorded_event_attributes.marker_name != "core_patch"]
    return [label_of(payload) for event in events for payload in payloads_of(event)]
