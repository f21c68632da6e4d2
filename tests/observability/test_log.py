"""What a line of the log says beside its message, in either form."""

import json
import logging
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel
from temporalio import activity
from temporalio.testing import ActivityEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities.messages import Delivery, Endpoint
from observability.log import JsonLines, TextLines, start_logging
from observability.repeats import LOGGERS, REPEATS
from observability.work import Inputs

DELIVERY = Delivery(
    purchase_id="P-2", product="Daily", iccid="8932", activation_code="LPA:1$smdp.example.com$HUSH", email="a@b.example"
)


class Logging(ActivityInboundInterceptor):
    """In place of an activity: logs a line as a library does, and one as an activity does."""

    def __init__(self) -> None:
        pass

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        logging.getLogger("library").info("line of a library", extra={"color_message": "HUSH"})
        activity.logger.info("line of an activity")


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Leaves logging as it was before: the SDK's loggers as start_logging sets them, and the handlers of pytest."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers.clear()  # or they would be closed
    start_logging()
    root.handlers[:] = handlers
    root.setLevel(logging.INFO)
    yield
    root.setLevel(level)
    logging.getLogger("httpx").setLevel(logging.NOTSET)
    for name in LOGGERS:
        logging.getLogger(name).removeFilter(REPEATS)


async def logged_about(message: BaseModel, workflow_id: str) -> list[str]:
    """Both lines as worker.py writes them, in text and then in JSON."""
    lines: list[str] = []

    class Both(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.extend(formatter.format(record) for formatter in (TextLines(), JsonLines()))

    async def attempt() -> None:
        beginning = Inputs().intercept_activity(Logging())
        await beginning.execute_activity(ExecuteActivityInput(fn=attempt, args=[message], executor=None, headers={}))

    environment = ActivityEnvironment()
    environment.info = replace(environment.info, workflow_id=workflow_id, workflow_run_id="R-1")
    handler = Both()
    logging.getLogger().addHandler(handler)
    try:
        await environment.run(attempt)
    finally:
        logging.getLogger().removeHandler(handler)
    return lines


@pytest.mark.parametrize(
    ("message", "workflow_id", "about"),
    [
        (Endpoint(endpoint_id="EP-7"), "provision-P-1", {"purchase_id": "P-1", "endpoint_id": "EP-7"}),
        (Endpoint(endpoint_id="EP-7"), "subscription-EP-7", {"endpoint_id": "EP-7"}),
        (DELIVERY, "subscription-EP-8", {"endpoint_id": "EP-8", "purchase_id": "P-2"}),
    ],
)
async def test_lines_of_an_activity_and_of_its_libraries_say_what_they_are_about(
    message: BaseModel, workflow_id: str, about: dict[str, str]
) -> None:
    lines = await logged_about(message, workflow_id)
    assert len(lines) == 4
    assert "HUSH" not in "".join(lines)
    for text, said in (
        (lines[0], "library: line of a library"),
        (lines[2], "temporalio.activity: line of an activity"),
    ):
        stamp, line = text.split(" ", 1)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", stamp)
        beginning = f"INFO {said} workflow_id={workflow_id} "
        assert line.startswith(beginning)
        assert dict(pair.split("=") for pair in line.removeprefix(beginning).split(" ")) == about
    for line, said in ((lines[1], "line of a library"), (lines[3], "line of an activity")):
        fields = json.loads(line)
        assert fields.pop("time")
        assert fields.pop("logger")
        work = {"workflow_id": workflow_id, "run_id": "R-1", "activity_type": "unknown", **about}
        assert fields == {"level": "INFO", "message": said, **work}


def test_a_traceback_is_a_field_and_what_a_library_attaches_is_not() -> None:
    try:
        raise ValueError("no")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x.py", 1, "failed: %s", ("why",), sys.exc_info())
    record.attached = "HUSH"
    fields = json.loads(JsonLines().format(record))
    assert fields["message"] == "failed: why"
    assert fields["exc_info"].endswith("ValueError: no")
    assert set(fields) == {"time", "level", "logger", "message", "exc_info"}
