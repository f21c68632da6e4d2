"""The audit log of a process under test, as its lines are written."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from process import audit


class AuditLines:
    """What was written so far."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def all(self) -> list[dict[str, Any]]:
        """Each line, read."""
        return [json.loads(line) for line in self.written]

    def of(self, event: str) -> list[dict[str, Any]]:
        """Those about an event."""
        return [line for line in self.all() if line["event"] == event]

    def came_to(self, event: str) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
        """Outcome, who and what of each line about an event."""
        return [(line["outcome"], line["who"], line.get("what", {})) for line in self.of(event)]


@contextmanager
def audited() -> Iterator[AuditLines]:
    """Keeps the lines of this process for as long as the block lasts."""
    lines = AuditLines()
    audit.begin("tests", lines.written.append)
    try:
        yield lines
    finally:
        audit.begin("unknown")
