"""The command ``renew``: runs of eSIMs begin anew, so that old builds, keys and histories can go."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from typer import Context, Exit, Option

from cli.balance import moment
from cli.bulk import many_of, order_many
from cli.connection import connect_to_workers
from cli.exit_codes import MAY_WORK_LATER
from cli.many_options import for_one_or_many
from cli.options import OneOrMany
from cli.problem import Problem
from cli.running import run
from cli.screen import Screen
from cli.settings import CliSettings
from process import audit
from process.settings import read_settings
from seller.bulk_orders import ManyRenewals

ONE_SECONDS: Final = 60.0
"""How long one is waited for. What is under way in it may take longer: then it goes on by itself."""

UNITS: Final = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}

OlderThan = Annotated[
    str | None,
    Option(metavar="AGE", help="Only if its run began so long ago, such as 30d, 12h or 10m: not what is newer."),
]


@for_one_or_many
def renew(context: Context, subscription: OneOrMany = None, older_than: OlderThan = None) -> None:
    """Has an eSIM, or many, begin a new run with all that it knows: on the newest build, under the newest key."""
    screen, before = context.ensure_object(Screen), _moment(older_than)
    if many := many_of(context, subscription):
        order_many(screen, many, "Have {} begin a new run?", lambda seller: ManyRenewals(seller, before))
    elif subscription is not None:
        _renew_one(screen, subscription, before)


def _moment(age: str | None) -> datetime:
    """Before which a run has to have begun; raises a Problem, ``BadCommand``, for what is no age."""
    if age is None:
        return datetime.now(UTC)
    read = re.fullmatch(r"(\d{1,5})([dhms])", age)
    if read is None:
        raise Problem("BadCommand", f"--older-than {age!r} is no age: write a number and d, h, m or s, such as 30d")
    return datetime.now(UTC) - int(read[1]) * UNITS[read[2]]


def _renew_one(screen: Screen, subscription: str, before: datetime) -> None:
    settings = read_settings(CliSettings)

    async def carry_out() -> None:
        renewals = (await connect_to_workers(settings)).renewals
        current = await renewals.current(subscription)
        if current.began >= before:
            screen.show(f"{current.subscription_id} began its run at {moment(current.began)}: nothing to do")
            screen.answer(current)
            return
        renewed = await renewals.renew_within(subscription, ONE_SECONDS)
        audit.note("order", "done", order="renew", subscription=current.subscription_id)
        if renewed is None:
            screen.show(f"{current.subscription_id} begins a new run once what is under way in it is done")
            screen.answer(current)
            raise Exit(MAY_WORK_LATER)
        screen.show(f"{renewed.subscription_id} has begun a new run")
        screen.answer(renewed)

    run(carry_out())
