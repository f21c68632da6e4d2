"""The command ``export``: the record of sales, for whoever keeps the books."""

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import ValidationError
from typer import Context, Exit, Option

from cli.connection import connect_to_server, connect_to_workers
from cli.exit_codes import MAY_WORK_LATER
from cli.options import AsJson, Debug
from cli.problem import Problem
from cli.running import run
from cli.screen import Screen
from cli.secret_file import refuse_unless_writable, write_secret
from cli.settings import CliSettings
from contract.failure import INVALID_REQUEST
from contract.message import Message
from contract.recording import Recorded
from contract.sale_entry import Period, SaleEntry
from process import audit
from process.sale_lines import Form, heading, line_of
from process.sales_record import RecordProblem
from process.settings import read_settings
from seller.errors import malformed
from seller.recording import keep_recording, stop_recording
from temporal.sale_entries import SaleEntries, UnreadRun

UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


class Recording(Message):
    """The schedule that has the record brought up to date; ``every_seconds`` is None once there is none any more."""

    schedule_id: str
    every_seconds: float | None


def export(
    context: Context,
    since: Annotated[str | None, Option(help="From this day on, as 2026-11-01, or moment; in UTC.")] = None,
    until: Annotated[str | None, Option(help="Before this day, or moment.")] = None,
    form: Annotated[Form, Option("--format", help="A table for a spreadsheet, or JSON Lines.")] = "csv",
    output: Annotated[Path | None, Option(metavar="FILE", help="Write it to this file instead.")] = None,
    append: Annotated[
        bool, Option("--append", help="Only add what is new to the record, ESIM_SALES_RECORD: nothing twice.")
    ] = False,
    every: Annotated[
        str | None, Option(help="Have a worker add it to its record from now on, every 24h say; 'never' ends that.")
    ] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Lists what became of each purchase: from the record of sales, if one is kept, and from what Temporal knows."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)
    listing = [name for name, value in (("--since", since), ("--until", until), ("--output", output)) if value]
    if len(modes := [*listing[:1], *["--append"] * append, *["--every"] * (every is not None)]) > 1:
        raise Problem(INVALID_REQUEST, f"{' and '.join(modes)}: each of them is for a command of its own")
    refuse_unless_writable(output)
    if every is not None:
        run(_schedule(screen, settings, _interval(every)))
    elif append:
        run(_append(screen, settings))
    else:
        run(_list(screen, settings, _period(since, until), form, output))


async def _list(screen: Screen, settings: CliSettings, period: Period, form: Form, output: Path | None) -> None:
    record = settings.sales_record()
    try:
        recorded = record.entries(period.has) if record else []
    except RecordProblem as problem:
        raise Problem("NotRead", str(problem)) from None
    found = await (await connect_to_workers(settings)).sale_list(period, recorded)
    audit.note("order", "done", order="export", entries=len(found.sales))
    lines = "".join([heading(form), *(line_of(entry, form) for entry in found.sales)])
    if output:
        write_secret(output, lines.encode())
        screen.show(f"Written, readable by you only: {output}, {len(found.sales)} entries")
    else:
        screen.write(lines)
    screen.answer(found)
    _refuse_unread(screen, found.unread)


async def _append(screen: Screen, settings: CliSettings) -> None:
    if (record := settings.sales_record()) is None:
        raise Problem(INVALID_REQUEST, "--append adds to the file that ESIM_SALES_RECORD names, and it is not set")
    seller = await connect_to_workers(settings)
    added = 0
    try:
        with record.adding() as add, screen.doing() as doing:

            def take(entries: Sequence[SaleEntry]) -> None:
                nonlocal added
                added += add(entries)
                doing.say(f"Added {added} entries so far")

            reader = SaleEntries(seller.client, settings.esim_task_queue, take)
            await reader.read()
    except RecordProblem as problem:
        raise Problem("NotWritten", str(problem)) from None
    audit.note("order", "done", order="record-sales", entries=added)
    screen.show(f"Added {added} entries to {settings.esim_sales_record}")
    screen.answer(Recorded(added=added, unread=[one.workflow_id for one in reader.unread]))
    _refuse_unread(screen, reader.unread)


async def _schedule(screen: Screen, settings: CliSettings, every: timedelta | None) -> None:
    seller = await connect_to_server(settings)
    if every is None:
        schedule_id, there_was = await stop_recording(seller.server)
        screen.show(f"{schedule_id} is no more: nothing is added by itself" if there_was else "There was no schedule")
    else:
        schedule_id = await keep_recording(seller.server, every)
        screen.show(f"{schedule_id}: now, and then every {every}, a worker that has ESIM_SALES_RECORD adds what is new")
    audit.note("order", "done", order="schedule-record", schedule=schedule_id)
    screen.answer(Recording(schedule_id=schedule_id, every_seconds=every.total_seconds() if every else None))


def _refuse_unread(screen: Screen, unread: Sequence[UnreadRun]) -> None:
    """Ends with an exit code that no script overlooks: what is missing would look like what was never sold."""
    if not unread:
        return
    if screen.is_document:
        raise Exit(MAY_WORK_LATER)
    first, more = unread[0], f", and {len(unread) - 1} more" if len(unread) > 1 else ""
    raise Problem("NotAllRead", f"Not all is in it: {first.workflow_id} could not be asked ({first.reason}){more}")


def _period(since: str | None, until: str | None) -> Period:
    try:
        return Period.model_validate({"since": since, "until": until})
    except ValidationError as error:
        raise malformed(error) from None


def _interval(text: str) -> timedelta | None:
    if text == "never":
        return None
    parts = re.fullmatch(r"([1-9]\d{0,3})([mhd])", text)
    if parts is None:
        raise Problem(INVALID_REQUEST, f"--every {text!r}: has to be a number with m, h or d, as 24h, or 'never'")
    return timedelta(**{UNITS[parts[2]]: int(parts[1])})
