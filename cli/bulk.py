"""One order for many eSIMs: chosen, shown, asked about, given to one after the other, and reported."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from typer import Context, Exit

from cli.bulk_file import Row, WrongLines, find_doubles, read_rows
from cli.bulk_views import esims, preview, progress, report_view
from cli.confirmation import confirm
from cli.connection import connect_to_workers
from cli.exit_codes import INTERRUPTED, MAY_WORK_LATER
from cli.failures_file import refuse_unless_new, write_failures
from cli.problem import Problem
from cli.running import valid
from cli.screen import Screen
from cli.settings import CliSettings
from contract.failure import INVALID_REQUEST
from contract.ids import BulkKey
from contract.message import Message
from process import audit
from process.settings import read_settings
from seller.bulk import Bulk, BulkReport, ManyOrders, Target
from seller.catalog import UnknownProduct
from seller.client import SellerClient
from seller.errors import SellerError
from seller.search import Search
from seller.selection import select, select_named

WORKER_SECONDS: Final = 15.0
"""How long a worker may take to accept an order: it has others in hand, and nobody waits for this one."""

TOLD_EVERY_SECONDS: Final = 1.0
TOLD_IN_A_FILE_EVERY_SECONDS: Final = 10.0

ONE_OF: Final = ("traveler", "query", "file")
OF_MANY: Final = ("reseller", "per_second", "failures")

Complete = Callable[[Row], Row]
"""Fills in what an order needs to know of each eSIM; raises a SellerError or UnknownProduct if that cannot be."""


class _Turn(Message):
    reseller: BulkKey


@dataclass(frozen=True)
class Many:
    """Which eSIMs were chosen in the place of one, and how the order is given to them."""

    settings: CliSettings
    traveler: str | None
    query: str | None
    file: Path | None
    bulk: str
    """Whose they are: what turns are taken by."""
    per_second: float
    failures: Path | None
    is_asked: bool

    @property
    def chosen_by(self) -> str:
        """The option that chose them."""
        return next(name for name in ONE_OF if getattr(self, name) is not None)


def many_of(context: Context, subscription: str | None) -> Many | None:
    """What the options of a command say about many eSIMs; None if it is about one.

    Raises a SellerError: ``BadCommand`` if it is about nothing, or about one and many; ``InvalidRequest`` if a value
    cannot be right.
    """
    given: dict[str, Any] = context.params
    chosen = [name for name in ONE_OF if given[name] is not None]
    if len(chosen) + (subscription is not None) != 1:
        raise Problem("BadCommand", "Give one of SUBSCRIPTION, --traveler, --query and --file; --help tells more")
    if not chosen:
        if extra := [name for name in OF_MANY if given[name] is not None]:
            option = f"--{extra[0].replace('_', '-')}"
            raise Problem("BadCommand", f"{option} is for many eSIMs: for --traveler, --query or --file")
        return None
    if given["failures"]:
        refuse_unless_new(given["failures"])
    if given["query"] is not None and not given["query"].strip():
        raise Problem(INVALID_REQUEST, "--query is empty: it says which eSIMs, such as SubscriptionStatus = 'active'")
    settings = read_settings(CliSettings)
    return Many(
        settings=settings,
        traveler=valid(Search, traveler_id=given["traveler"]).traveler_id,
        query=given["query"],
        file=given["file"],
        bulk=valid(_Turn, reseller=given["reseller"] or given["traveler"] or "bulk").reseller,
        per_second=given["per_second"] or settings.esim_bulk_orders_per_second,
        failures=given["failures"],
        is_asked=not given["yes"],
    )


def order_many(
    screen: Screen,
    many: Many,
    question: str,
    orders_of: Callable[[SellerClient], ManyOrders],
    complete: Complete = lambda row: replace(row, purchase_id=None, product=None),
    *,
    by_purchase: bool = False,
) -> None:
    """Gives an order to many eSIMs, once somebody has seen which, and ends with a report. The question has {} where
    their number belongs.

    ``complete`` says what the order needs to know of each. ``by_purchase`` is whether one eSIM may be named for several
    purchases. Raises typer's Exit with an exit code unless all of it is done.
    """
    rows = _rows(many.file, complete, by_purchase=by_purchase) if many.file is not None else None
    with asyncio.Runner() as runner:
        try:
            seller, targets = runner.run(_selected(many, rows, complete))
        except KeyboardInterrupt:
            raise Problem("Interrupted", "Interrupted: nothing was changed") from None
        bulk = Bulk(seller, orders_of(seller), targets, many.per_second)
        name = bulk.report.order
        screen.show(*preview(bulk, many.per_second))
        if bulk.to_do and many.is_asked:
            asked = question.format(esims(len(bulk.to_do)))
            confirm(asked, f"{name} for so many", "changed", "has to be confirmed")
        report = runner.run(_given(bulk, screen))
    audit.note("order", "done", order=f"{name}-many", by=many.chosen_by, whose=many.bulk, done=report.done)
    written = many.failures if report.failed else None
    screen.show(*report_view(report, written))
    screen.answer(report)
    if written:
        write_failures(written, report.failed)
    if code := _exit_code(report):
        raise Exit(code)


def _rows(file: Path, complete: Complete, *, by_purchase: bool) -> list[Row]:
    wrong = WrongLines(file)
    rows = list[Row]()
    for row in read_rows(file, wrong):
        try:
            rows.append(complete(row))
        except (SellerError, UnknownProduct) as problem:
            wrong.add(row.line, str(problem))
    find_doubles(rows, wrong, by_purchase=by_purchase)
    wrong.refuse()
    return rows


async def _selected(many: Many, rows: Sequence[Row] | None, complete: Complete) -> tuple[SellerClient, list[Target]]:
    seller = await connect_to_workers(many.settings, WORKER_SECONDS)
    if rows is not None:
        known = await select_named(seller.server, list(dict.fromkeys(row.endpoint_id for row in rows)))
        return seller, [
            Target(row.endpoint_id, known.get(row.endpoint_id), row.purchase_id, row.product, row.line) for row in rows
        ]
    found = await select(seller.server, many.query or Search(traveler_id=many.traveler).query)
    completed = [complete(Row(0, esim.endpoint_id, None, None)) for esim in found]
    return seller, [
        Target(esim.endpoint_id, esim, row.purchase_id, row.product) for esim, row in zip(found, completed, strict=True)
    ]


async def _given(bulk: Bulk, screen: Screen) -> BulkReport:
    """Gives the order, and shows how far it is. Ctrl-C ends it with what became of it up to then."""
    began, told, done = time.monotonic(), 0.0, 0
    every = TOLD_EVERY_SECONDS if screen.is_terminal else TOLD_IN_A_FILE_EVERY_SECONDS

    def tell() -> None:
        nonlocal told, done
        done += 1
        now = time.monotonic()
        if now - told >= every:
            told = now
            left = (now - began) / done * (len(bulk.to_do) - done)
            doing.say(progress(bulk.report, left))

    with screen.doing() as doing:
        try:
            await bulk.run(tell)
        except asyncio.CancelledError:  # Ctrl-C, as the runner passes it on
            bulk.report.is_interrupted = True
    return bulk.report


def _exit_code(report: BulkReport) -> int:
    if report.is_interrupted:
        return INTERRUPTED
    return MAY_WORK_LATER if report.failed or report.going_on or report.not_begun else 0
