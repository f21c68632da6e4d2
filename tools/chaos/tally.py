"""What the histories add up to: how SubscribeAddons ended, and whether a workflow task ever failed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent

from activities.messages import Endpoint, SettledAddon
from contract.failure import ADDON_REJECTED, SFT_AUTHENTICATION_FAILED, SFT_UNAVAILABLE
from tools.chaos.questions import CANNOT_READ, words_of
from workflows.outcome import OUTCOMES

NOT_SENT_AGAIN: Final = "an earlier attempt may have sent"
"""How activities/send_once.py begins to say so."""

RESET: Final = "ActivityReset"
"""What the SDK makes of a call that is cut off by a reset: it was the only attempt."""

ANSWERED: Final = "answered"
WORKER_DIED: Final = "worker died"
KNOWN_OUTCOMES: Final = {ANSWERED, ADDON_REJECTED, SFT_UNAVAILABLE, SFT_AUTHENTICATION_FAILED}

HARMLESS: Final = {
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
}
"""A message came in while the workflow was about to end: Temporal has it look again. Not a fault of the code."""


@dataclass
class Tally:
    """Sums over all histories that were added."""

    subscribes: Counter[str] = field(default_factory=Counter)
    """How the SubscribeAddons ended: ``answered``, a failure type, or ``worker died``."""
    adopted: int = 0
    """Unanswered SubscribeAddons whose instance was found."""
    sent_again: int = 0
    """Unanswered SubscribeAddons whose instance was not found within the settle window."""
    continued: int = 0
    """Runs that continued as new."""
    not_sent_again: int = 0
    """Calls that were under way when their activity was paused or reset, and were looked up instead of sent again."""
    left_to_newer: int = 0
    """Workflow tasks that failed on the older build because only the newer one can read what it wrote."""
    broken_tasks: list[str] = field(default_factory=list)
    """Workflow tasks that failed because of the code: a sentence each."""

    @property
    def unanswered(self) -> int:
        """SubscribeAddons after which nobody knew whether they had been done."""
        return sum(count for outcome, count in self.subscribes.items() if outcome not in KNOWN_OUTCOMES)

    def add(self, workflow_id: str, events: Iterable[HistoryEvent]) -> None:
        """Adds one history, from its beginning to its end."""
        activities: dict[int, str] = {}
        for event in events:
            match event.event_type:
                case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                    activities[event.event_id] = event.activity_task_scheduled_event_attributes.activity_type.name
                case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                    completed = event.activity_task_completed_event_attributes
                    self._completed(activities[completed.scheduled_event_id], completed.result.payloads[0].data)
                case EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED:
                    failed = event.activity_task_failed_event_attributes
                    failure_type = failed.failure.application_failure_info.type
                    self.not_sent_again += failure_type == RESET or failed.failure.message.startswith(NOT_SENT_AGAIN)
                    self._ended(activities[failed.scheduled_event_id], failure_type)
                case EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
                    timed_out = event.activity_task_timed_out_event_attributes
                    self._ended(activities[timed_out.scheduled_event_id], WORKER_DIED)
                case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
                    self.continued += 1
                case EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
                    self._task_failed(workflow_id, event)

    def _completed(self, activity: str, result: bytes) -> None:
        self._ended(activity, ANSWERED)
        if activity == "settle_addon":
            found = SettledAddon.model_validate_json(result).unique_id is not None
            self.adopted, self.sent_again = self.adopted + found, self.sent_again + (not found)

    def _ended(self, activity: str, outcome: str) -> None:
        if activity == "provision_addon":
            self.subscribes[outcome] += 1

    def _task_failed(self, workflow_id: str, event: HistoryEvent) -> None:
        failed = event.workflow_task_failed_event_attributes
        words = words_of(failed.failure)
        if CANNOT_READ in words:
            self.left_to_newer += 1
        elif failed.cause not in HARMLESS:
            cause = WorkflowTaskFailedCause.Name(failed.cause)
            self.broken_tasks.append(f"{workflow_id}, event {event.event_id}: {cause}: {words}")


def cut_off(events: Iterable[HistoryEvent]) -> frozenset[str]:
    """The endpoints of a purchase whose activation ended without an answer of SFT's, whether it was sent or not."""
    asked: dict[int, str] = {}
    unanswered: set[str] = set()
    for event in events:
        scheduled = event.activity_task_scheduled_event_attributes
        failed, timed_out = event.activity_task_failed_event_attributes, event.activity_task_timed_out_event_attributes
        if scheduled.activity_type.name == "activate_esim":
            asked[event.event_id] = Endpoint.model_validate_json(scheduled.input.payloads[0].data).endpoint_id
        elif failed.scheduled_event_id in asked and failed.failure.application_failure_info.type not in OUTCOMES:
            unanswered.add(asked[failed.scheduled_event_id])
        elif timed_out.scheduled_event_id in asked:
            unanswered.add(asked[timed_out.scheduled_event_id])
    return frozenset(unanswered)
