"""The command ``history``: what happened to a purchase, an eSIM or a traveler, in words."""

from typing import Annotated

from rich.console import RenderableType
from rich.table import Table
from typer import Argument, Context

from cli.connection import connect_to_server
from cli.options import AsJson, Debug
from cli.running import run
from cli.screen import Screen
from cli.settings import CliSettings
from contract.workflow_ids import endpoint_id_of, is_subscription_id
from process.settings import read_settings
from seller.client import SellerClient
from seller.diagnosis import described
from seller.errors import RAISED, SellerError
from seller.timeline.fact import Timeline
from temporal.digests import Digests

OfAnything = Annotated[
    str,
    Argument(
        metavar="ID",
        help="A purchase, top-up, subscription, endpoint or traveler id, an ICCID, or an e-mail address.",
        show_default=False,
    ),
]


def history(context: Context, name: OfAnything, as_json: AsJson = False, debug: Debug = False) -> None:
    """Shows what happened, oldest first: ordered, done, refused, unanswered, told or not, and by whom. No worker has to
    answer."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)

    async def carry_out() -> None:
        seller = await connect_to_server(settings)
        try:
            timeline = await seller.history(name, Digests(settings.keys()))
        except SellerError as error:
            if error.type != "NotFound":
                raise
            raise await _on_another_queue(seller, name) or error from None
        screen.show(*timeline_view(timeline))
        screen.answer(timeline)

    run(carry_out())


async def _on_another_queue(seller: SellerClient, name: str) -> SellerError | None:
    """That it is not this seller's, if that is so: of a shop that was told another queue, say."""
    try:
        run = await described(seller.server, name)
    except RAISED:
        return None
    queue, here = run.task_queue, seller.server.task_queue
    if queue == here:
        return None
    hint = f"ESIM_TASK_QUEUE={queue} before the command shows it, and starter.py why {name} who works there"
    return SellerError("NotFound", f"{name} is not on task queue {here} but on {queue}: {hint}")


def timeline_view(timeline: Timeline) -> list[RenderableType]:
    """A line for each fact, a heading for each day. The eSIM is named where there are several."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    esims = {run.workflow_id for run in timeline.runs if is_subscription_id(run.workflow_id)}
    day = ""
    for fact in timeline.facts:
        if not fact.is_open and day != (today := f"{fact.at:%Y-%m-%d}"):
            table.add_row(today, "")
            day = today
        whose = f"{endpoint_id_of(fact.run)}: " if fact.run in esims and len(esims) > 1 else ""
        table.add_row("now" if fact.is_open else f"{fact.at:%H:%M:%S} UTC", f"{whose}{fact.said}")
    return [table, *timeline.gaps]
