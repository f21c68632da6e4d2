"""The commands ``remove-addon`` and ``refund``: what a traveler is paid back for."""

from typing import Annotated

from typer import Context, Option

from cli.balance import moment
from cli.confirmation import confirm
from cli.connection import connect_to_workers
from cli.options import AsJson, By, Debug, OfSubscription
from cli.orders import take_back
from cli.running import run, valid
from cli.screen import Screen
from cli.settings import CliSettings
from contract.order import RefundOrder, RemovalOrder
from process import audit
from process.settings import read_settings

Why = Annotated[str, Option(help="Why, for people: it stands in the eSIM's orders.", show_default=False)]
Yes = Annotated[bool, Option("--yes", help="Do not ask whether that is meant.")]


def remove_addon(
    context: Context,
    subscription: OfSubscription,
    purchase: Annotated[str, Option(help="The purchase id of the add-on.", show_default=False)],
    reason: Why,
    by: By = None,
    yes: Yes = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Takes one add-on off an eSIM, at SFT, too; others of the same plan stay."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)
    order = valid(RemovalOrder, purchase_id=purchase, reason=reason, ordered_by=by)
    if not yes:
        confirm(f"Take the add-on of purchase {purchase} off {subscription}?", "Taking an add-on off", "taken off")

    async def carry_out() -> None:
        seller = await connect_to_workers(settings)
        with take_back(seller, subscription, f"Taking {purchase} off", screen):
            addon = await seller.repayments.remove_addon(subscription, order)
        audit.note("order", "done", order="remove-addon", subscription=subscription, purchase_id=purchase, by=by or "")
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
