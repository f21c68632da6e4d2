"""What people, scripts and spreadsheets get to see of an audit."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import Field
from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table

from cli.balance import moment
from cli.problem import Problem
from contract.audit import AuditReport, Finding, FindingKind
from contract.message import Message
from seller.audits import command_of

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


class FoundFinding(Finding):
    """A finding, and the command that puts it right."""

    command: str


class PutRight(Message):
    """What became of one finding that was to be put right."""

    kind: FindingKind
    about: str
    is_done: bool
    sentence: str


class AuditDocument(AuditReport):
    """The report of an audit for scripts, with a command for each finding."""

    findings: list[FoundFinding]  # type: ignore[assignment]  # more of each
    put_right: list[PutRight] = Field(default_factory=list)

    @classmethod
    def of(cls, report: AuditReport, more: Sequence[Finding]) -> "AuditDocument":
        """A report, with more findings than the workers can know of."""
        found = [*report.findings, *more]
        counts = dict(report.counts)
        if more:
            counts["never_begun"] = len(more)
        commands = [FoundFinding(**dict(finding), command=command_of(finding)) for finding in found]
        return cls(**dict(report) | {"findings": commands, "counts": counts})


def audit_view(document: AuditDocument) -> list[RenderableType]:
    """The findings, a line each, and what they were looked for in."""
    states = ", ".join(f"{number:,} {state}" for state, number in sorted(document.listed.items()))
    looked = (
        f"Of {moment(document.ended_at)}: {sum(document.listed.values()):,} attached SIMs ({states or 'none'}), "
        f"{document.subscriptions:,} subscriptions"
    )
    parts: list[RenderableType] = [_findings(document.findings)] if document.findings else ["Nothing is wrong"]
    parts += [f"{kind}: {number:,}" for kind, number in document.counts.items()]
    if document.unchecked:
        parts.append(f"Not looked at once more, and left out: {document.unchecked:,}; run the audit again")
    if document.unreadable:
        parts.append(f"Rows of SFT's list that cannot be read: {document.unreadable:,}")
    return [*parts, looked]


def _findings(findings: Sequence[FoundFinding]) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    for column in ("Kind", "Endpoint or purchase", "Here", "At SFT", "What puts it right"):
        table.add_column(column, overflow="fold")
    for found in findings:
        about = ", ".join([found.endpoint_id or "", found.purchase_id or "", *found.unique_ids]).strip(", ")
        table.add_row(found.kind, about, found.here or "-", found.at_sft or "-", found.command)
    return table


def put_right_view(done: Sequence[PutRight]) -> list[RenderableType]:
    """What became of each, and how many were put right."""
    lines: list[RenderableType] = [f"{one.about}: {one.sentence}" for one in done]
    count = sum(one.is_done for one in done)
    return [*lines, f"{count} of {len(done)} put right" if done else "There is nothing of this kind to put right"]


def write_csv(path: Path, findings: Sequence[FoundFinding]) -> None:
    """Writes the findings for a spreadsheet, which takes nothing in them for a formula. Raises a Problem,
    ``NotWritten``."""
    columns = list(FoundFinding.model_fields)
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(columns)
            for found in findings:
                told = found.model_dump() | {"unique_ids": " ".join(found.unique_ids)}
                rows.writerow([_harmless(told[name]) for name in columns])
    except OSError as error:
        raise Problem("NotWritten", f"{path} cannot be written: {error.strerror}") from None


def _harmless(value: str | None) -> str:
    text = value or ""
    return f"'{text}" if text.startswith(FORMULA) else text
