"""The command ``erase``: what is personal of a traveler, out of all that is kept here."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError
from typer import Context, Exit, Option

from cli.confirmation import confirm
from cli.connection import connect_to_workers
from cli.exit_codes import MAY_WORK_LATER
from cli.options import AsJson, Debug
from cli.problem import Problem
from cli.running import run
from cli.screen import Screen
from cli.secret_file import refuse_unless_writable, write_secret
from cli.settings import CliSettings
from process import audit
from process.sales_record import RecordProblem
from process.settings import read_settings
from seller.erasing import Erased
from seller.errors import malformed


class Erasure(Erased):
    """What was done, and when (in UTC); ``recorded`` entries of the record of sales say another traveler id now."""

    recorded: int = 0
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


def erase(
    context: Context,
    traveler: Annotated[str, Option(help="The portal's id of the traveler.")],
    forget_id: Annotated[
        bool, Option("--forget-id", help="Put a made-up id in the place of the traveler's, in the record, too.")
    ] = False,
    report: Annotated[Path | None, Option(metavar="FILE", help="Write down what was done, as JSON.")] = None,
    yes: Annotated[bool, Option("--yes", help="Do not ask whether that is meant.")] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Erases what is personal of a traveler: address and phone number, and the id where asked. What was sold stays."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)
    new_id = f"erased-{secrets.token_hex(8)}" if forget_id else None
    try:
        Erased(traveler_id=traveler, replaced_by=new_id)
    except ValidationError as error:
        raise malformed(error) from None
    refuse_unless_writable(report)
    if not yes:
        confirm(f"Erase what is personal of traveler {traveler}, for good?", "Erasing", "erased")
    run(_erase(screen, settings, traveler, new_id, report))


async def _erase(screen: Screen, settings: CliSettings, traveler: str, new_id: str | None, report: Path | None) -> None:
    seller = await connect_to_workers(settings)
    with screen.doing() as doing:
        doing.say(f"Erasing what is personal of traveler {traveler}")
        erasure = Erasure(**dict(await seller.erase(traveler, new_id)))
    record = settings.sales_record()
    try:
        erasure.recorded = record.rename_traveler(traveler, new_id) if record and new_id else 0
    except RecordProblem as problem:
        raise Problem("NotWritten", f"All but the record of sales is done: {problem}; erase again") from None
    finally:
        done = {"deleted": len(erasure.deleted), "left": len(erasure.left)}
        audit.note("order", "done", order="erase", traveler_id=new_id or traveler, esims=erasure.esims, **done)
    if report:
        # Kept, it must not tell who the new id was.
        kept = erasure.model_copy(update={"traveler_id": new_id or traveler})
        write_secret(report, kept.model_dump_json(indent=2).encode())
    screen.show(*_lines(erasure))
    screen.answer(erasure)
    if erasure.left:
        raise Exit(MAY_WORK_LATER)


def _lines(erasure: Erasure) -> list[str]:
    named = f", who is {erasure.replaced_by} from now on" if erasure.replaced_by else ""
    return [
        f"Erased what is personal of traveler {erasure.traveler_id}{named}",
        *(f"{subscription_id} knows no address and no phone number any more" for subscription_id in erasure.esims),
        f"{len(erasure.deleted)} runs that are over are deleted, by Temporal within minutes",
        *([f"{erasure.recorded} entries of the record of sales were changed"] if erasure.recorded else []),
        *(f"Left: {left.workflow_id}: {left.reason}" for left in erasure.left),
    ]
