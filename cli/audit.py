"""The command ``audit``: what SFT lists held against the subscriptions, now or by a Schedule, and put right."""

import asyncio
import re
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from typer import Context, Exit, Option

from cli.audit_views import AuditDocument, PutRight, audit_view, put_right_view, write_csv
from cli.confirmation import confirm
from cli.connection import connect_to_server, connect_to_workers
from cli.exit_codes import MAY_WORK_LATER
from cli.options import AsJson, Debug
from cli.orders import buy, sell
from cli.paid_file import read_paid
from cli.problem import Problem
from cli.screen import Screen
from cli.settings import CliSettings
from contract.audit import AuditReport, Finding
from contract.failure import INVALID_REQUEST
from contract.purchase import AddonPurchase, EsimPurchase
from process import audit as audit_log
from process.settings import read_settings
from seller.catalog import read_catalog
from seller.client import SellerClient
from seller.errors import RAISED, SellerError, seller_error
from seller.paid import PaidPurchase, never_begun

Result = TypeVar("Result")

LOOK_SECONDS: Final = 2.0
"""Between two looks at how far it has come."""

INTERVAL: Final = re.compile(r"(\d{1,4})([mhd])")
UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
SHORTEST, LONGEST = timedelta(minutes=15), timedelta(days=90)

NEVER: Final = "never"

Fixable = Literal[
    "active-without-owner",
    "owner-without-endpoint",
    "suspended-though-active",
    "active-though-suspended",
    "active-though-closed",
    "active-though-quarantined",
    "terminated",
    "never-begun",
]


def audit(
    context: Context,
    every: Annotated[
        str | None, Option(metavar="24h", help="Have Temporal do it in this interval from now on, or 'never' again.")
    ] = None,
    last: Annotated[bool, Option("--last", help="Show what the newest one found, and begin none.")] = False,
    paid: Annotated[
        Path | None, Option(metavar="FILE", help="Purchases that were paid for (CSV): which of them never began, too.")
    ] = None,
    csv: Annotated[Path | None, Option(metavar="FILE", help="Write the findings to this file, too.")] = None,
    fix: Annotated[Fixable | None, Option(help="Put the findings of this kind right, after asking.")] = None,
    only: Annotated[str | None, Option(metavar="ID", help="With --fix: of this endpoint or purchase only.")] = None,
    yes: Annotated[bool, Option("--yes", help="Do not ask whether that is meant.")] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Holds SFT's list against the subscriptions: what is billed and nobody's, and owners without an active eSIM."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)
    if every is not None:
        if last or paid or csv or fix or only:
            raise Problem("BadCommand", "--every takes no other option: it only has Temporal begin an audit by itself")
        _run(_schedule(screen, settings, every))
        return
    if only and not fix:
        raise Problem("BadCommand", "--only goes with --fix: it says what to put right")
    command = _Audit(screen, settings, read_paid(paid) if paid else [])
    document = _run(command.look(last=last))
    if csv:
        write_csv(csv, document.findings)
    if fix:
        command.fix(document, fix, only, ask=not yes)
    else:
        screen.show(*audit_view(document))
    screen.answer(document)
    if not all(one.is_done for one in document.put_right) if fix else document.findings:
        raise Exit(MAY_WORK_LATER)


class _Audit:
    """One audit as this command shows it, and what is done about it."""

    def __init__(self, screen: Screen, settings: CliSettings, paid: Sequence[PaidPurchase]) -> None:
        self._screen = screen
        self._settings = settings
        self._paid = paid

    async def look(self, *, last: bool) -> AuditDocument:
        """What the newest audit found, or one that runs now, and which of the paid purchases never began."""
        if last:
            seller = await connect_to_server(self._settings)
            report = await seller.audits.newest()
            if report is None:
                raise Problem("NotFound", "No audit has completed yet, or Temporal has forgotten it: starter.py audit")
        else:
            seller = await connect_to_workers(self._settings)
            report = await self._run(seller)
        return AuditDocument.of(report, await never_begun(seller.server, self._paid))

    async def _run(self, seller: SellerClient) -> AuditReport:
        run = await seller.audits.start()
        audit_log.note("order", "done", order="audit", run=run.id)
        result = asyncio.ensure_future(seller.audits.result(run))
        try:
            with self._screen.doing() as doing:
                while not result.done():
                    progress = await seller.audits.progress(run)
                    doing.say(
                        f"{progress.listed:,} SIMs and {progress.subscriptions:,} subscriptions looked at, "
                        f"{progress.found:,} findings"
                    )
                    await asyncio.wait([result], timeout=LOOK_SECONDS)
            return await result
        except asyncio.CancelledError:  # Ctrl-C, as asyncio.run passes it on
            raise Problem("Interrupted", "Interrupted, but the audit goes on: starter.py audit joins it") from None
        finally:
            result.cancel()

    def fix(self, document: AuditDocument, fix: Fixable, only: str | None, *, ask: bool) -> None:
        """Puts the findings of a kind right, or that of one endpoint or purchase, and says in the document what came of
        it."""
        kind = fix.replace("-", "_")
        chosen = [found for found in document.findings if found.kind == kind and _is(only, found)]
        if chosen and ask:
            self._screen.show(*audit_view(document.model_copy(update={"findings": chosen})))
            confirm(f"Put {len(chosen)} of {kind} right?", "Putting findings right", "put right")
        document.put_right = _run(self._put_all_right(chosen))
        self._screen.show(*put_right_view(document.put_right))

    async def _put_all_right(self, findings: Sequence[Finding]) -> list[PutRight]:
        """One after the other; what cannot be done keeps none of the others from being done."""
        seller = await connect_to_workers(self._settings)
        done = []
        with self._screen.doing() as doing:
            for finding in findings:
                name = finding.endpoint_id or finding.purchase_id or ""
                doing.say(f"{name}: {finding.kind}")
                try:
                    sentence, is_done = await self._put_right(seller, finding), True
                except RAISED as error:
                    sentence, is_done = seller_error(error).message, False
                audit_log.note(
                    "order", "done" if is_done else "refused", order="audit --fix", kind=finding.kind, about=name
                )
                done.append(PutRight(kind=finding.kind, about=name, is_done=is_done, sentence=sentence))
        return done

    async def _put_right(self, seller: SellerClient, finding: Finding) -> str:
        if finding.kind != "never_begun":
            return await seller.audits.put_right(finding)
        paid = next(one for one in self._paid if one.purchase_id == finding.purchase_id)
        if paid.product is None or (paid.endpoint_id is None and paid.traveler_id is None):
            raise SellerError(INVALID_REQUEST, "The list does not say which product it is, or whose: buy it by hand")
        plan_id = read_catalog(self._settings.esim_catalog).plan_of(paid.product)
        about = {"purchase_id": paid.purchase_id, "product": paid.product, "plan_id": plan_id}
        if paid.endpoint_id:
            addon = await buy(seller, paid.endpoint_id, AddonPurchase.model_validate(about), self._screen)
            return f"Add-on {addon.unique_id} is {addon.status}"
        purchase = EsimPurchase.model_validate(about | {"traveler_id": paid.traveler_id})
        esim = await sell(seller, purchase, self._screen)
        return f"Sold, as {esim.subscription_id}"


async def _schedule(screen: Screen, settings: CliSettings, every: str) -> None:
    interval = None if every == NEVER else _interval(every)
    audits = (await connect_to_server(settings)).audits
    if interval is None:
        was_there = await audits.never()
        audit_log.note("order", "done", order="audit --every", every=NEVER)
        screen.show("Temporal begins no audit by itself any more" if was_there else "There was no Schedule for audits")
        return
    name = await audits.every(interval)
    audit_log.note("order", "done", order="audit --every", every=every)
    screen.show(f"Temporal begins an audit every {every} from now on (Schedule {name}); audit --last shows the newest")


def _interval(text: str) -> timedelta:
    match = INTERVAL.fullmatch(text)
    interval = timedelta(**{UNITS[match[2]]: int(match[1])}) if match else timedelta(0)
    if not SHORTEST <= interval <= LONGEST:
        raise Problem("BadCommand", f"--every {text!r}: from 15m to 90d, say 24h; or {NEVER}")
    return interval


def _run(command: Coroutine[Any, Any, Result]) -> Result:
    try:
        return asyncio.run(command)
    except KeyboardInterrupt:
        raise Problem("Interrupted", "Interrupted") from None


def _is(only: str | None, finding: Finding) -> bool:
    return only is None or only in (finding.endpoint_id, finding.purchase_id)
