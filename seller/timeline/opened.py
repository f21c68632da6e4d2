"""The history of a run with everything in it decrypted that can be, ready to be read without a server."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message as Protobuf
from pydantic_core import from_json
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.history.v1 import HistoryEvent, WorkflowExecutionStartedEventAttributes
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import Client

from temporal.data_converter import converter_for
from temporal.encryption.sealed import label_of, why_sealed
from temporal.run_before import RESET

JSON = dict[str, Any]


@dataclass(frozen=True)
class OpenedRun:
    """One run. ``sealed`` are the reasons why parts of it cannot be read, each once; ``pending`` what the server says
    of its activities that have not ended."""

    workflow_id: str
    run_id: str
    workflow_type: str
    events: Sequence[HistoryEvent]
    sealed: list[str] = field(default_factory=list)
    pending: Sequence[PendingActivityInfo] = ()

    @property
    def started(self) -> WorkflowExecutionStartedEventAttributes:
        """What it was started with."""
        return self.events[0].workflow_execution_started_event_attributes

    @property
    def given(self) -> JSON:
        """Its input; empty if that cannot be read."""
        return json_of(self.started.input) or {}

    @property
    def reset(self) -> HistoryEvent | None:
        """Where somebody had it begin anew: what is before that, another run has as well, which ended with it. None if
        nobody did."""
        for event in reversed(self.events):
            failed = event.workflow_task_failed_event_attributes
            if failed.cause == RESET and failed.new_run_id == self.run_id:
                return event
        return None

    @property
    def reset_from(self) -> str:
        """The run that was reset; empty if none was."""
        return self.reset.workflow_task_failed_event_attributes.base_run_id if self.reset else ""

    @property
    def began(self) -> tuple[int, int]:
        """What puts the runs of one workflow id in order: one that was reset begins with the same event as before."""
        return self.events[0].event_time.ToNanoseconds(), self.reset.event_time.ToNanoseconds() if self.reset else 0


async def opened(
    client: Client,
    workflow_id: str,
    run_id: str,
    events: Iterable[HistoryEvent],
    pending: Iterable[PendingActivityInfo] = (),
) -> OpenedRun:
    """A run from its events, which are changed in place: what is encrypted for it with a key that is here is decrypted.
    What is for another run (the input of one that it starts, say) is left as it is: that run tells."""
    codec = converter_for(client, workflow_id).payload_codec
    events, pending, reasons = list(events), list(pending), dict[str, None]()
    for part in (*events, *pending):
        for payload in _payloads(part):
            if codec:
                [decoded] = await codec.decode([payload])
                payload.CopyFrom(decoded)
    for event in events:
        if why := why_sealed(_told_to_it(event)):
            reasons[why] = None
    return OpenedRun(workflow_id, run_id, _type(events), events, list(reasons), pending)


def json_of(payloads: Payloads) -> JSON | None:
    """The first of them as the object that it is; None if it is none, or cannot be read."""
    return object_of(payloads.payloads[0]) if payloads.payloads else None


def object_of(payload: Payload) -> JSON | None:
    """The object in a payload; None if it is none, or cannot be read."""
    if label_of(payload) is not None or not payload.data:
        return None
    try:
        found = from_json(payload.data)  # refuses what nobody can show: half a character, and what is nested too deep
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _payloads(message: Protobuf) -> Iterator[Payload]:
    """Every payload in an event, wherever, but for search attributes: nobody encrypts what visibility has to read, and
    where encryption is demanded, they would count as refused."""
    if isinstance(message, Payload):
        yield message
        return
    for descriptor, value in message.ListFields():
        if descriptor.name == "search_attributes":
            continue
        if isinstance(value, Protobuf):
            yield from _payloads(value)
        elif isinstance(value, Mapping):
            parts: Iterable[Any] = value.values()
            yield from (found for part in parts if isinstance(part, Protobuf) for found in _payloads(part))
        elif not isinstance(value, str | bytes | int | float):
            yield from (found for part in value if isinstance(part, Protobuf) for found in _payloads(part))


def _told_to_it(event: HistoryEvent) -> list[Payload]:
    """What this run was told, got or failed with."""
    about = getattr(event, event.WhichOneof("attributes") or "", None)
    if event.HasField("workflow_execution_update_accepted_event_attributes"):
        about = event.workflow_execution_update_accepted_event_attributes.accepted_request.input.args
        return list(about.payloads)
    for name in ("result", "input", "failure"):
        if about is not None and name in about.DESCRIPTOR.fields_by_name and not _is_for_another(event):
            found = getattr(about, name)
            return list(_payloads(found)) if about.HasField(name) else []
    return []


def _is_for_another(event: HistoryEvent) -> bool:
    return event.HasField("start_child_workflow_execution_initiated_event_attributes") or event.HasField(
        "signal_external_workflow_execution_initiated_event_attributes"
    )


def _type(events: Sequence[HistoryEvent]) -> str:
    return events[0].workflow_execution_started_event_attributes.workflow_type.name if events else ""
