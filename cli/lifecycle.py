"""The commands ``suspend``, ``resume`` and ``close``: for one eSIM, or for many."""

from typing import Final

from typer import Context

from cli.bulk import many_of, order_many
from cli.confirmation import confirm
from cli.connection import connect_to_workers
from cli.many_options import for_one_or_many
from cli.options import Again, By, OneOrMany, Reason
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


@for_one_or_many
def suspend(
    context: Context,
    subscription: OneOrMany = None,
    reason: Reason = "customer-service",
    again: Again = False,
    by: By = None,
) -> None:
    """Suspends an eSIM, or many: it carries no traffic, and purchases wait, until it is resumed."""
    _change(context, subscription, "suspend")


@for_one_or_many
def resume(
    context: Context,
    subscription: OneOrMany = None,
    reason: Reason = "customer-service",
    again: Again = False,
    by: By = None,
) -> None:
    """Resumes a suspended eSIM, or many, and provisions what was bought meanwhile."""
    _change(context, subscription, "resume")


@for_one_or_many
def close(
    context: Context,
    subscription: OneOrMany = None,
    reason: Reason = "customer-service",
    by: By = None,
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
