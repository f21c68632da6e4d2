"""The commands ``suspend``, ``resume`` and ``close``: for one eSIM, or for many."""

from typing import Final

from typer import Context

from cli.bulk import many_of, order_many
from cli.confirmation import confirm
from cli.connection import connect_to_workers
from cli.options import (
    Again,
    AsJson,
    By,
    Debug,
    Failures,
    OfFile,
    OfQuery,
    OfTraveler,
    OneOrMany,
    PerSecond,
    Reason,
    Reseller,
    Yes,
)
from cli.orders import change, status_line
from cli.running import run, valid
from cli.screen import Screen
from cli.settings import CliSettings
from contract.order import LifecycleOrder
from process import audit
from process.settings import read_settings
from seller.bulk_orders import ManyChanges
from seller.subscriptions import LifecycleChange

QUESTIONS: Final[dict[LifecycleChange, str]] = {
    "suspend": "Suspend {}?",
    "resume": "Resume {}?",
    "close": "Close {} for good, so that none of them can be resumed?",
}


def suspend(
    context: Context,
    subscription: OneOrMany = None,
    reason: Reason = "customer-service",
    again: Again = False,
    by: By = None,
    traveler: OfTraveler = None,
    query: OfQuery = None,
    file: OfFile = None,
    reseller: Reseller = None,
    per_second: PerSecond = None,
    failures: Failures = None,
    yes: Yes = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Suspends an eSIM, or many: it carries no traffic, and purchases wait, until it is resumed."""
    _change(context, subscription, "suspend")


def resume(
    context: Context,
    subscription: OneOrMany = None,
    reason: Reason = "customer-service",
    again: Again = False,
    by: By = None,
    traveler: OfTraveler = None,
    query: OfQuery = None,
    file: OfFile = None,
    reseller: Reseller = None,
    per_second: PerSecond = None,
    failures: Failures = None,
    yes: Yes = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Resumes a suspended eSIM, or many, and provisions what was bought meanwhile."""
    _change(context, subscription, "resume")


def close(
    context: Context,
    subscription: OneOrMany = None,
    reason: Reason = "customer-service",
    by: By = None,
    traveler: OfTraveler = None,
    query: OfQuery = None,
    file: OfFile = None,
    reseller: Reseller = None,
    per_second: PerSecond = None,
    failures: Failures = None,
    yes: Yes = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Closes an eSIM, or many, for good: nothing can be bought for it any more, and nobody will get its endpoint."""
    _change(context, subscription, "close")


def _change(context: Context, subscription: str | None, to: LifecycleChange) -> None:
    screen, given = context.ensure_object(Screen), context.params
    many = many_of(context, subscription)
    order = valid(
        LifecycleOrder,
        reason=given["reason"].replace("-", "_"),
        ordered_by=given["by"],
        again=given.get("again", False),
        bulk=many.bulk if many else None,
    )
    if subscription is not None and to == "close" and not given["yes"]:
        confirm(f"Close {subscription} for good, so that it cannot be resumed?", "Closing", "closed")
    if many:
        order_many(screen, many, QUESTIONS[to], lambda seller: ManyChanges(seller, to, order))
    elif subscription is not None:
        _change_one(screen, subscription, to, order)


def _change_one(screen: Screen, subscription: str, to: LifecycleChange, order: LifecycleOrder) -> None:
    settings = read_settings(CliSettings)

    async def carry_out() -> None:
        seller = await connect_to_workers(settings)
        changed = await change(seller, subscription, to, order, screen)
        audit.note("order", "done", order=to, subscription=changed.subscription_id, why=order.reason)
        screen.show(status_line(changed))
        screen.answer(changed)

    run(carry_out())
