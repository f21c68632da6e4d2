"""The commands ``remove-addon`` and ``refund``: what a traveler is paid back for."""

from dataclasses import replace
from typing import Annotated

from typer import Context, Option

from cli.balance import moment
from cli.bulk import Many, many_of, order_many
from cli.bulk_file import Row
from cli.confirmation import confirm
from cli.connection import connect_to_workers
from cli.many_options import for_one_or_many
from cli.options import AsJson, By, Debug, OfSubscription, OneOrMany, Yes
from cli.orders import take_back
from cli.problem import Problem
from cli.running import run, valid
from cli.screen import Screen
from cli.settings import CliSettings
from contract.order import RefundOrder, RemovalOrder
from process import audit
from process.settings import read_settings
from seller.bulk import ManyOrders
from seller.bulk_orders import ManyRemovals
from seller.client import SellerClient

Why = Annotated[str, Option(help="Why, for people: it stands in the eSIM's orders.", show_default=False)]


@for_one_or_many
def remove_addon(
    context: Context,
    reason: Why,
    subscription: OneOrMany = None,
    purchase: Annotated[str | None, Option(help="The purchase id of the add-on.", show_default=False)] = None,
    product: Annotated[str | None, Option(help="Of many: all add-ons of this product, in the place of one.")] = None,
    by: By = None,
) -> None:
    """Takes one add-on off an eSIM, at SFT, too; others of the same plan stay. Or off many."""
    screen = context.ensure_object(Screen)
    if many := many_of(context, subscription):
        if purchase or (many.file is None and product is None):
            raise Problem("BadCommand", "Many removals take --product, or a --file with a column purchase_id")
        _remove_many(screen, many, product, reason, by)
    elif subscription is None or purchase is None or product:
        raise Problem("BadCommand", "One removal takes --purchase, and no --product; --help tells more")
    else:
        order = valid(RemovalOrder, purchase_id=purchase, reason=reason, ordered_by=by)
        if not context.params["yes"]:
            question = f"Take the add-on of purchase {purchase} off {subscription}?"
            confirm(question, "Taking an add-on off", "taken off")
        _remove_one(screen, subscription, order)


def _remove_many(screen: Screen, many: Many, product: str | None, reason: str, by: str | None) -> None:
    valid(RefundOrder, reason=reason, ordered_by=by)

    def complete(row: Row) -> Row:
        if row.purchase_id is None and product is None:
            raise Problem("BadCommand", "it has no purchase_id, and there is no --product")
        return replace(row, product=None if row.purchase_id else product)

    def orders_of(seller: SellerClient) -> ManyOrders:
        return ManyRemovals(seller, product=product, reason=reason, ordered_by=by, bulk=many.bulk)

    order_many(screen, many, "Take add-ons off {}?", orders_of, complete, by_purchase=product is None)


def _remove_one(screen: Screen, subscription: str, order: RemovalOrder) -> None:
    settings, purchase = read_settings(CliSettings), order.purchase_id

    async def carry_out() -> None:
        seller = await connect_to_workers(settings)
        with take_back(seller, subscription, f"Taking {purchase} off", screen):
            addon = await seller.repayments.remove_addon(subscription, order)
        by = order.ordered_by or ""
        audit.note("order", "done", order="remove-addon", subscription=subscription, purchase_id=purchase, by=by)
        since = f" since {moment(addon.removed_at)}" if addon.removed_at else ", and the order goes on"
        left = f"; {addon.usage.left} were left at the last reading" if addon.usage and addon.usage.left else ""
        screen.show(f"{addon.product} of purchase {addon.purchase_id} is {addon.status}{since}{left}")
        screen.answer(addon)

    run(carry_out())


def refund(
    context: Context,
    subscription: OfSubscription,
    reason: Why,
    by: By = None,
    yes: Yes = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Closes an eSIM for good if it was never used, and says so; else says why, and changes nothing."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)
    order = valid(RefundOrder, reason=reason, ordered_by=by)
    if not yes:
        confirm(f"Close {subscription} for good, if it was never used?", "Giving an eSIM back", "given back")

    async def carry_out() -> None:
        seller = await connect_to_workers(settings)
        with take_back(seller, subscription, f"Asking SFT whether {subscription} was used", screen):
            answer = await seller.repayments.refund(subscription, order)
        audit.note("order", "done", order="refund", subscription=subscription, refunded=answer.refundable, by=by or "")
        screen.show(f"{'It may be paid back' if answer.refundable else 'It was not given back'}. {answer.reason}")
        screen.answer(answer)

    run(carry_out())
