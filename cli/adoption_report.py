"""What came of a file of eSIMs that were to be taken over: for people, for scripts, and as a table to correct."""

import csv
import io
from collections.abc import Sequence
from typing import Final

from pydantic import Field
from rich.console import RenderableType

from cli.adoption_rows import COLUMNS, NotTaken
from cli.sheet import Line
from cli.views import facts, table_of
from contract.message import Message

SHOWN: Final = 20
"""Lines that are shown on the terminal, of those that were not taken over."""


class AdoptionReport(Message):
    """How many eSIMs were taken over or, of a dry run, would be; how many were known; and every line that was not taken
    over. ``unmatched`` are uniqueIds of add-ons that nobody named, by endpoint."""

    dry_run: bool
    lines: int
    esims: int = 0
    """That could be taken over, as far as the file tells."""
    adopted: int = 0
    known: int = 0
    addons: int = 0
    unmatched: dict[str, list[str]] = Field(default_factory=dict)
    not_taken: list[NotTaken] = Field(default_factory=list)
    interrupted: bool = False


def report_view(report: AdoptionReport, file: str) -> list[RenderableType]:
    """The numbers, and the first lines that were not taken over."""
    about = facts(
        Lines=str(report.lines),
        **{"Would_be_taken_over" if report.dry_run else "Taken_over": _esims(report)},
        Known_before=f"{report.known}, unchanged" if report.known else None,
        Unmatched=_unmatched(report),
        Not_taken_over=f"{len(report.not_taken)} lines" if report.not_taken else None,
        Interrupted="yes: the same command goes on" if report.interrupted else None,
    )
    if not report.not_taken:
        return [about]
    table = table_of("Line", "Endpoint", "ICCID", "Why not")
    for one in report.not_taken[:SHOWN]:
        table.add_row(str(one.line), one.endpoint_id, one.iccid, one.why)
    more = len(report.not_taken) - SHOWN
    where = f"in {file}" if file else "written by --report FILE"
    return [about, table, *([f"and {more} more: all of them are {where}"] if more > 0 else [])]


def report_table(report: AdoptionReport, lines: Sequence[Line]) -> bytes:
    """The lines that were not taken over as CSV, with why: once corrected, a file to take over.

    It begins with a mark that makes Excel read it as UTF-8.
    """
    cells, text = {line.number: line.cells for line in lines}, io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["line", *COLUMNS, "why"])
    for one in report.not_taken:
        rows.writerow([one.line, *(cells[one.line].get(column, "") for column in COLUMNS), one.why])
    return text.getvalue().encode("utf-8-sig", errors="replace")


def _esims(report: AdoptionReport) -> str:
    return f"{report.adopted} eSIMs, with {report.addons} add-ons"


def _unmatched(report: AdoptionReport) -> str | None:
    if not report.unmatched:
        return None
    addons = sum(map(len, report.unmatched.values()))
    return f"{addons} add-ons that nobody named, on {len(report.unmatched)} eSIMs: --name-unmatched gives them ids"
