"""Keeps what happens again and again from filling the log: the first lines of a kind are told, then how many more.

While SFT is away, every attempt of every purchase that waits fails, as it should, and the SDK logs each with a
traceback of 20 lines. All of them stay counted in the SDK's metrics, which is why they are not marked as benign.
"""

import logging
import threading
from dataclasses import dataclass, field
from typing import Any, Final

from temporalio import activity
from temporalio.exceptions import ApplicationError

from observability.work import work_at_hand

SECONDS: Final = 60.0
"""After which a line tells how many more there were; the next one after twice as long, and so on."""

RAREST: Final = 60
"""Times that: how long the lines of what does not end are apart at most."""

FIRST: Final = 5
"""So many lines of a kind are told as they come, if they do not say the same."""

EXPECTED: Final = ("NotSettledYet",)
"""Types of what fails for as long as it waits, which is no trouble: told once for each of the first endpoints."""

LOGGERS: Final = ("temporalio.activity", "temporalio.workflow", "temporalio.worker._workflow_instance")
"""Those of failing activities, of what workflows have to say, and of workflow tasks that fail."""

IDENTIFIER: Final = "__temporal_error_identifier"
"""What the SDK marks its own lines about failures with, for filters such as this one."""

logger = logging.getLogger("worker")


@dataclass
class _Kind:
    """Lines of one kind: what was told of them, and how many were not, since when a line said how many."""

    told: set[str] = field(default_factory=set)
    untold: int = 0
    last: str = ""
    looks: int = 0
    """Since then."""
    pause: int = 1
    """After how many looks the next such line is due."""
    is_new: bool = False
    """Whether there was one since the last look."""


class Repeats(logging.Filter):
    """Lets through what has not been told lately. Lines may come from any thread."""

    def __init__(self, seconds: float = SECONDS) -> None:
        super().__init__()
        self._seconds = seconds
        self._kinds: dict[tuple[object, ...], _Kind] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this line is told. Of a failure that was foreseen, it takes the traceback away."""
        if record.levelno < logging.WARNING:
            return True
        key, says = _read(record)
        with self._lock:
            kind = self._kinds.get(key)
            if kind is None:
                kind = self._kinds[key] = _Kind()
                self._look_later(key, kind)
            kind.is_new = True
            if says not in kind.told and len(kind.told) < FIRST:
                kind.told.add(says)
                return True
            kind.untold += 1
            kind.last = record.getMessage()
        return False

    def _look_later(self, key: tuple[object, ...], kind: _Kind) -> None:
        timer = threading.Timer(self._seconds, self._look, (key, kind))
        timer.daemon = True
        timer.start()

    def _look(self, key: tuple[object, ...], kind: _Kind) -> None:
        with self._lock:
            is_over, kind.is_new = not kind.is_new, False
            kind.looks += 1
            if is_over:
                del self._kinds[key]  # the next is told again
            else:
                self._look_later(key, kind)
            untold, seconds = kind.untold, kind.looks * self._seconds
            if not untold or not (is_over or kind.looks >= kind.pause):
                return
            kind.untold, kind.looks, kind.pause = 0, 0, min(2 * kind.pause, RAREST)
        logger.warning("%d more like this in the last %g s: %s", untold, seconds, kind.last)


REPEATS: Final = Repeats()


def _read(record: logging.LogRecord) -> tuple[tuple[object, ...], str]:
    """Of which kind a line is, and what it says: two that say the same are one."""
    error = record.exc_info[1] if record.exc_info else None
    match record.__dict__.get(IDENTIFIER):
        case "ActivityFailure" if isinstance(error, ApplicationError) and error.type:
            return _foreseen(record, error)
        case "ActivityFailure":
            return (activity.info().activity_type, type(error)), str(error)
        case "WorkflowTaskFailure":
            details: dict[str, Any] = record.__dict__["temporal_workflow"]
            return (details["workflow_type"], type(error)), record.getMessage()
    return (record.name, record.msg), f"{record.getMessage()} {work_at_hand()}"


def _foreseen(record: logging.LogRecord, error: ApplicationError) -> tuple[tuple[object, ...], str]:
    """An attempt that failed as one of our activities says that it may: one line, without where in our code."""
    info = activity.info()
    record.exc_info = None
    if error.type in EXPECTED:
        record.msg, record.args = "%s waits: %s", (info.activity_type, error.message)
        return (info.activity_type, error.type), work_at_hand().get("endpoint_id", "")
    record.msg = "%s failed, attempt %d (%s): %s%s"
    record.args = (info.activity_type, info.attempt, error.type, error.message, _status(error))
    return (info.activity_type, error.type), error.message


def _status(error: ApplicationError) -> str:
    """The HTTP status of SFT's answer, where its words do not have it."""
    details = error.details[0] if error.details else None
    status = details.get("http_status") if isinstance(details, dict) else None
    return f" (HTTP {status})" if status and str(status) not in error.message else ""
