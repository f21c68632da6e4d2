"""The command ``adopt``: a file of eSIMs that were sold before this product came, taken over one by one."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Annotated, Final, TypeVar

from rich.progress import Progress
from temporalio.service import RPCError, RPCStatusCode
from typer import Argument, Context, Exit, Option

from cli.adoption_report import AdoptionReport, report_table, report_view
from cli.adoption_rows import COLUMNS, Esim, EsimLine, Sorting, Wishes, check_cell, read_lines
from cli.connection import connect_to_workers
from cli.exit_codes import INTERRUPTED, MAY_WORK_LATER
from cli.options import AsJson, Debug
from cli.problem import Problem
from cli.screen import Screen
from cli.secret_file import refuse_unless_writable, write_secret
from cli.settings import CliSettings
from cli.sheet import Sheet, read_sheet
from contract.adoption import MOST_ICCIDS, Adopted
from process import audit
from process.settings import read_settings
from seller.client import SellerClient
from seller.errors import RAISED, NoAnswer, seller_error
from seller.waiting import watched
from temporal.digests import Digests

AT_ONCE: Final = 20
"""eSIMs that are taken over at the same time: sales go on meanwhile, and go first."""

PAUSES: Final = (1, 2, 4, 8, 15, 30)
"""Seconds after which somebody is asked again who does not answer, before what is left is left: it may be for hours
that this goes on, and one answer in thousands comes late."""

PASSING: Final = {
    *(RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.RESOURCE_EXHAUSTED),
    *(RPCStatusCode.CANCELLED, RPCStatusCode.ABORTED, RPCStatusCode.UNKNOWN, RPCStatusCode.INTERNAL),
}
"""What a server answers that is too busy, or is just being started anew."""

Thing = TypeVar("Thing")
Answer = TypeVar("Answer")


def adopt(
    context: Context,
    file: Annotated[Path, Argument(help="CSV: endpoint_id or iccid, traveler_id, email, add-ons.", show_default=False)],
    name_unmatched: Annotated[
        bool, Option("--name-unmatched", help="Give add-ons that the file does not name a purchase id, too.")
    ] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="Only look: take over nothing.")] = False,
    locale: Annotated[
        str | None, Option(help="The language of mails, say de or pt-BR, where the file says none.")
    ] = None,
    timezone: Annotated[
        str | None, Option(help="That of the times in mails, say Europe/Paris, where the file says none.")
    ] = None,
    report: Annotated[
        Path | None, Option(metavar="FILE", help="Write the lines that are not taken over there, with why, as CSV.")
    ] = None,
    encoding: Annotated[str | None, Option(help="Of the file, if it is not UTF-8: cp1252, say.")] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Takes over eSIMs that were sold elsewhere, as SFT has them. SFT is only read; a second time changes nothing."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)
    sheet = read_sheet(file, list(COLUMNS), encoding)
    _require_columns(file, sheet)
    if report and report.exists() and report.samefile(file):
        raise Problem("BadCommand", f"{report} is the file that is read: write the report to another one")
    refuse_unless_writable(report)
    takeover = Takeover(sheet, _wishes(name_unmatched, dry_run, locale, timezone))
    try:
        asyncio.run(_carry_out(takeover, screen, settings))
    except KeyboardInterrupt:
        raise Problem("Interrupted", "Interrupted: nothing was taken over") from None
    finally:
        if report:
            write_secret(report, report_table(takeover.report, sheet.lines))
    screen.show(*report_view(takeover.report, str(report or "")))
    screen.answer(takeover.report)
    if takeover.report.interrupted or takeover.report.not_taken:
        raise Exit(INTERRUPTED if takeover.report.interrupted else MAY_WORK_LATER)


async def _carry_out(takeover: "Takeover", screen: Screen, settings: CliSettings) -> None:
    seller = await connect_to_workers(settings)
    try:
        with screen.counting() as progress:
            await takeover.carry_out(seller, Digests(settings.keys()), progress)
    except NoAnswer as silence:
        dealt = f"{takeover.report.adopted} eSIMs are taken over, and the same command goes on"
        raise NoAnswer(silence.type, f"{silence.message}; {dealt}") from None
    except asyncio.CancelledError:  # Ctrl-C, as asyncio.run passes it on
        takeover.report.interrupted = True


def _require_columns(file: Path, sheet: Sheet) -> None:
    has, found = set(sheet.columns), ", ".join(sheet.columns)
    if "traveler_id" not in has or not has & {"endpoint_id", "iccid"}:
        raise Problem("NotRead", f"{file} needs the columns traveler_id and endpoint_id or iccid, and has {found}")


def _wishes(name_unmatched: bool, dry_run: bool, locale: str | None, timezone: str | None) -> Wishes:
    for column, value in (("locale", locale), ("timezone", timezone)):
        try:
            if value is not None:
                check_cell(column, value)
        except ValueError as fault:
            raise Problem("BadCommand", str(fault)) from None
    return Wishes(name_unmatched, dry_run, locale, timezone)


class Takeover:
    """One file, from its lines to the report."""

    def __init__(self, sheet: Sheet, wishes: Wishes) -> None:
        self._lines, wrong = read_lines(sheet.lines)
        self._wishes = wishes
        self.report = AdoptionReport(dry_run=wishes.dry_run, lines=len(sheet.lines), not_taken=wrong)

    async def carry_out(self, seller: SellerClient, digests: Digests, progress: Progress) -> None:
        """Takes over whatever can be. Raises NoAnswer if the server or all workers are gone."""
        lines = await self._with_endpoints(seller, digests, progress)
        sorting = Sorting(lines[0], lines[1], self.report.not_taken)
        esims = sorting.esims()
        self.report.esims = len(esims)
        self._sort()
        bar = progress.add_task("Looking" if self.report.dry_run else "Taking over", total=len(esims))

        async def take(esim: Esim) -> None:
            await self._take(seller, esim)
            progress.advance(bar)

        await _each(esims, take, seller)
        self._sort()

    async def _with_endpoints(
        self, seller: SellerClient, digests: Digests, progress: Progress
    ) -> tuple[list[EsimLine], dict[str, str]]:
        """The lines, and the endpoints of those that have none: of eSIMs that are here already, told without SFT."""
        iccids = list(dict.fromkeys(line.iccid for line in self._lines if line.iccid and not line.endpoint_id))
        by_digest = {digest: iccid for iccid in iccids for digest in digests.iccid(iccid)}
        endpoints = await _insisting(lambda: seller.subscriptions.with_numbers(by_digest, {}))
        unknown = [iccid for iccid in iccids if iccid not in endpoints]
        if not unknown:
            return self._lines, endpoints
        bar = progress.add_task("Looking up ICCIDs", total=len(unknown))
        failed: dict[str, str] = {}

        async def find(some: list[str]) -> None:
            try:
                endpoints.update(await _insisting(lambda: seller.adoptions.endpoints_of(some)))
            except NoAnswer:
                raise
            except RAISED as error:
                failed.update(dict.fromkeys(some, seller_error(error).message))
            progress.advance(bar, len(some))

        await _each([unknown[n : n + MOST_ICCIDS] for n in range(0, len(unknown), MOST_ICCIDS)], find, seller)
        lost = [line for line in self._lines if not line.endpoint_id and line.iccid in failed]
        self.report.not_taken += [line.not_taken(failed[line.iccid or ""]) for line in lost]
        return [line for line in self._lines if line.endpoint_id or line.iccid not in failed], endpoints

    async def _take(self, seller: SellerClient, esim: Esim) -> None:
        try:
            adopted = await seller.adoptions.adopt(esim.adoption(self._wishes), _insisting)
        except NoAnswer:
            raise
        except RAISED as error:
            self.report.not_taken += [line.not_taken(seller_error(error).message) for line in esim.lines]
            return
        if adopted.outcome == "known":
            self.report.known += 1
            return
        if adopted.outcome == "adopted":
            audit.note("order", "done", order="adopt", subscription=adopted.subscription_id)
        self._count(esim, adopted)

    def _count(self, esim: Esim, adopted: Adopted) -> None:
        self.report.adopted += 1
        self.report.addons += len(adopted.addons)
        if adopted.unmatched:
            self.report.unmatched[esim.endpoint_id] = adopted.unmatched
        for line in esim.lines:
            if line.addon and line.addon.unique_id in adopted.left_out:
                why = "its add-on is not on the endpoint any more: the eSIM is taken over without it"
                self.report.not_taken.append(line.not_taken(why))

    def _sort(self) -> None:
        self.report.not_taken.sort(key=lambda one: one.line)


async def _each(things: Iterable[Thing], do: Callable[[Thing], Awaitable[None]], seller: SellerClient) -> None:
    """Does it with all of them, AT_ONCE at a time, for as long as there are workers."""
    left = iter(things)

    async def one_after_another() -> None:
        for thing in left:
            await do(thing)

    tasks = [asyncio.create_task(one_after_another()) for _ in range(AT_ONCE)]
    try:
        await watched(asyncio.gather(*tasks), lambda: _insisting(seller.server.expect_workers))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _insisting(call: Callable[[], Awaitable[Answer]]) -> Answer:
    """What a call that may be repeated answers. Raises what it raises if that is so at the end of the pauses, too."""
    for pause in PAUSES:
        try:
            return await call()
        except NoAnswer:
            pass
        except RPCError as refusal:
            if refusal.status not in PASSING:
                raise
        await asyncio.sleep(pause)
    return await call()
