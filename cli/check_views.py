"""What people get to see of a check of SFT."""

from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from sft_check.finding import CheckReport, Verdict

STYLES: Final[dict[Verdict, str]] = {"does not hold": "red", "holds": "green", "not seen": "yellow"}


def check_view(report: CheckReport) -> list[RenderableType]:
    """The findings in a table, then the steps of an eSIM's life, what is worth knowing, and what was left."""
    parts: list[RenderableType] = [f"SFT at {report.sft}", _findings(report)]
    if report.steps:
        parts.append(_steps(report))
    parts += [f"{note}." for note in report.notes]
    counts = {verdict: sum(finding.verdict == verdict for finding in report.findings) for verdict in STYLES}
    parts.append(", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    if report.left:
        parts.append(Text(report.left, style="red"))
    elif report.steps:
        parts.append("The eSIM is left suspended, or as it was: nothing else is left at SFT")
    return parts


def _findings(report: CheckReport) -> Table:
    table = _table()
    table.add_column("", width=14)
    table.add_column("What is assumed, and what was seen", width=51, overflow="fold")
    table.add_column("If it does not hold, and what to change then", overflow="fold")
    for finding in report.findings:
        verdict = Text(finding.verdict, style=STYLES[finding.verdict])
        table.add_row(verdict, f"{finding.says}\n→ {finding.seen}", f"{finding.sales}\n→ {finding.change}")
    return table


def _steps(report: CheckReport) -> Table:
    table = _table()
    table.add_column("Step")
    table.add_column("Seconds", justify="right")
    table.add_column("How it ended", overflow="fold")
    for step in report.steps:
        table.add_row(step.step, f"{step.seconds:.1f}", step.outcome)
    return table


def _table() -> Table:
    return Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
