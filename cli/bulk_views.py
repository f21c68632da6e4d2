"""What people get to see of an order for many eSIMs: what it would be, how far it is, and what became of it."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table

from seller.bulk import Bulk, BulkFailure, BulkReport, Target

SHOWN: Final = 5
"""eSIMs that a preview names."""

MOST_FAILURES: Final = 20
"""Of those that failed, how many a report names."""


def preview(bulk: Bulk, per_second: float) -> list[RenderableType]:
    """How many eSIMs it would be, of whom, and the first of them; how many are done already, or cannot be."""
    report, to_do = bulk.report, bulk.to_do
    told: list[RenderableType] = [f"{report.order}: {esims(len(to_do))}{_of_whom(to_do)}"]
    if to_do:
        told.append(_first(to_do))
    if report.already:
        told.append(f"Done already: {esims(report.already)}")
    if report.failed:
        told.append(f"Cannot be done: {esims(len(report.failed))}")
        told += [_sentence(failure) for failure in report.failed[:SHOWN]]
        if len(report.failed) > SHOWN:
            told.append(f"and {len(report.failed) - SHOWN:,} more")
    if to_do:
        told.append(f"At {per_second:g} a second, that takes {duration(bulk.seconds)} at least")
    return told


def progress(report: BulkReport, left_seconds: float) -> str:
    """How far it is, in one line."""
    over = report.selected - report.not_begun
    share = over / report.selected if report.selected else 1.0
    failed = f", {len(report.failed):,} failed" if report.failed else ""
    return f"{over:,} of {report.selected:,} ({share:.0%}){failed}, {duration(left_seconds)} left"


def report_view(report: BulkReport, file: object | None) -> list[RenderableType]:
    """What became of it, in numbers; those that failed, and how to go on."""
    counts = _table("Done", "Already", "Go on by themselves", "Failed", "Not begun")
    numbers = (report.done, report.already, report.going_on, len(report.failed), report.not_begun)
    counts.add_row(*(f"{number:,}" for number in numbers))
    told: list[RenderableType] = [counts]
    if report.failed:
        told.append(_failures(report.failed))
        if file:
            told.append(f"All of them: {file}")
        elif len(report.failed) > MOST_FAILURES:
            told.append(f"and {len(report.failed) - MOST_FAILURES:,} more: --failures FILE or --json has all of them")
    if report.stopped:
        told.append(f"Stopped: {report.stopped}")
    if report.is_interrupted:
        told.append("Interrupted: nothing more was begun")
    if report.not_begun or report.going_on:
        told.append("To go on, or to see whether all is done: the same command again; what is done is not done again")
    return told


def duration(seconds: float) -> str:
    """Some time, about as exactly as anybody wants to know it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def esims(number: int) -> str:
    """So many eSIMs, in words."""
    return f"{number:,} eSIM{'' if number == 1 else 's'}"


def _of_whom(targets: Sequence[Target]) -> str:
    travelers = Counter(target.esim.traveler_id or "unknown" for target in targets if target.esim)
    if not travelers:
        return ""
    named = ", ".join(f"{traveler} ({number:,})" for traveler, number in travelers.most_common(SHOWN))
    more = f" and {len(travelers) - SHOWN:,} more travelers" if len(travelers) > SHOWN else ""
    return f" of {named}{more}"


def _first(targets: Sequence[Target]) -> Table:
    bought = ["Purchase", "Product"] if any(target.purchase_id or target.product for target in targets) else []
    table = _table("Subscription", "Traveler", "Status", *bought)
    for target in targets[:SHOWN]:
        if esim := target.esim:
            about = [target.purchase_id, target.product] if bought else []
            table.add_row(esim.subscription_id, esim.traveler_id, esim.status, *about)
    if len(targets) > SHOWN:
        table.add_row(f"and {len(targets) - SHOWN:,} more")
    return table


def _sentence(failure: BulkFailure) -> str:
    return f"{f'line {failure.line}: ' if failure.line else ''}{failure.reason}"


def _failures(failed: Sequence[BulkFailure]) -> Table:
    table = _table("Line", "Endpoint", "Traveler", "Why")
    for one in failed[:MOST_FAILURES]:
        line = str(one.line) if one.line else ""
        table.add_row(line, one.endpoint_id, one.traveler_id, f"{one.type}: {one.reason}")
    return table


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
