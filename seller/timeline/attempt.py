"""The activities of a run: what each was asked, how often it was tried, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from temporalio.api.history.v1 import HistoryEvent

from seller.timeline.failure import Failed, failed_with
from seller.timeline.opened import JSON, json_of


@dataclass
class Activity:
    """One activity. ``ended`` is None while it is pending: the server tells about such a one, and no history does.

    ``last_failure`` is what the attempt before the last failed with, None where the first was the last; ``worker`` who
    had the last, a process and its host, empty where nobody has had it.
    """

    name: str
    asked: JSON
    scheduled: datetime
    id: str = ""
    started: datetime | None = None
    worker: str = ""
    attempt: int = 1
    last_failure: Failed | None = None
    ended: datetime | None = None
    result: JSON = field(default_factory=dict)
    failure: Failed | None = None
    is_cancelled: bool = False

    @property
    def is_done(self) -> bool:
        """Whether it ended well."""
        return self.ended is not None and self.failure is None and not self.is_cancelled


def time_of(event: HistoryEvent) -> datetime:
    """When it happened, in UTC."""
    return event.event_time.ToDatetime(UTC)


def activities_of(events: Sequence[HistoryEvent]) -> dict[int, Activity]:
    """The activities of a run, by the id of the event that scheduled each."""
    found: dict[int, Activity] = {}
    for event in events:
        scheduled = event.activity_task_scheduled_event_attributes
        if event.HasField("activity_task_scheduled_event_attributes"):
            asked = json_of(scheduled.input) or {}
            found[event.event_id] = Activity(scheduled.activity_type.name, asked, time_of(event), scheduled.activity_id)
        elif event.HasField("activity_task_started_event_attributes"):
            _start(found, event)
        elif number := ended_activity(event):
            _end(found[number], event)
    return found


def ended_activity(event: HistoryEvent) -> int:
    """Which activity an event says the end of, by the id of the event that scheduled it; 0 if it says of none."""
    for name in ("completed", "failed", "timed_out", "canceled"):
        about = f"activity_task_{name}_event_attributes"
        if event.HasField(about):  # type: ignore[arg-type]  # one of four names that there are
            return int(getattr(event, about).scheduled_event_id)
    return 0


def _start(found: dict[int, Activity], event: HistoryEvent) -> None:
    started = event.activity_task_started_event_attributes
    activity = found[started.scheduled_event_id]
    activity.started, activity.attempt, activity.worker = time_of(event), started.attempt, started.identity
    if started.HasField("last_failure"):
        activity.last_failure = failed_with(started.last_failure)


def _end(activity: Activity, event: HistoryEvent) -> None:
    activity.ended = time_of(event)
    if event.HasField("activity_task_completed_event_attributes"):
        activity.result = json_of(event.activity_task_completed_event_attributes.result) or {}
    elif event.HasField("activity_task_failed_event_attributes"):
        activity.failure = failed_with(event.activity_task_failed_event_attributes.failure)
    elif event.HasField("activity_task_timed_out_event_attributes"):
        activity.failure = failed_with(event.activity_task_timed_out_event_attributes.failure)
    else:
        activity.is_cancelled = True
