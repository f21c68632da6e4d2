"""The log of a worker or a portal, on stderr: text or JSON, in UTC, each line with the ids that it is about."""

import logging
from datetime import UTC, datetime
from typing import Final, Literal

from pythonjsonlogger.json import JsonFormatter
from temporalio import activity, workflow
from temporalio.runtime import LogForwardingConfig, LoggingConfig, TelemetryFilter

from observability.repeats import LOGGERS, REPEATS
from observability.work import work_at_hand

IN_TEXT: Final = ("workflow_id", "purchase_id", "endpoint_id")

CORE_LOGS: Final = LoggingConfig(
    filter=TelemetryFilter(core_level="WARN", other_level="ERROR"),
    forwarding=LogForwardingConfig(logging.getLogger("temporalio.core"), append_target_to_name=False),
)
"""Has the SDK's core write to the log, too: by itself it writes to standard output, in colours."""


def start_logging(form: Literal["text", "json"] = "text", level: str = "INFO") -> None:
    """Logs everything from that level on: our own lines, the SDK's, and those of the libraries that activities use.

    Only with DEBUG is everything told: each request of httpx, and what happens again and again each time.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # Below that, the SDK logs the payloads of activities: without encryption, activation codes.
    logging.getLogger("temporalio.worker").setLevel(max(logging.INFO, logging.getLogger().level))
    is_all_told = logging.getLogger().level <= logging.DEBUG
    logging.getLogger("httpx").setLevel(logging.NOTSET if is_all_told else logging.WARNING)
    for name in LOGGERS:
        told = logging.getLogger(name)
        told.removeFilter(REPEATS) if is_all_told else told.addFilter(REPEATS)
    # The formatters say what a line is about, and of every library's lines.
    activity.logger.activity_info_on_message = activity.logger.activity_info_on_extra = False
    workflow.logger.workflow_info_on_message = workflow.logger.workflow_info_on_extra = False


class TextLines(logging.Formatter):
    """One line for people, with the ids behind the message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """UTC, as ISO 8601."""
        return _time(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """The line, before any traceback."""
        work = work_at_hand()
        return " ".join([super().formatMessage(record), *(f"{name}={work[name]}" for name in IN_TEXT if name in work)])


class JsonLines(JsonFormatter):
    """One JSON object a line. What libraries attach to their records is left out: who knows what is in it."""

    def add_fields(
        self, log_data: dict[str, object], record: logging.LogRecord, message_dict: dict[str, object]
    ) -> None:
        """What a line has, in this order; ``exc_info`` is a traceback."""
        log_data.update(time=_time(record), level=record.levelname, logger=record.name, message=record.getMessage())
        log_data.update(work_at_hand())
        log_data.update(message_dict)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
