"""The commands ``amend``, ``retry`` and ``resend``: what goes on after something went wrong with a sale."""

from typing import Annotated

from typer import Context, Option

from cli.connection import connect_to_server, connect_to_workers
from cli.mail_view import delivery_line
from cli.options import AsJson, By, Debug, OfAny, Purchase
from cli.running import run, valid
from cli.screen import Screen
from cli.settings import CliSettings
from contract.order import ResendOrder
from contract.purchase import PlanAmendment
from process import audit
from process.settings import read_settings
from seller.catalog import read_catalog
from seller.errors import not_found
from temporal.digests import Digests


def amend(
    context: Context,
    purchase_id: Purchase,
    product: Annotated[str, Option(help="The product that it is to be instead.", show_default=False)],
    plan_id: Annotated[str | None, Option(help="SFT's planId of it; the catalog's if absent.")] = None,
    by: By = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Says which product a sale at needs_attention is of, in the place of the one that SFT refused; or the same, to
    have it tried again."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)
    plan_id = read_catalog(settings.esim_catalog).plan_of(product) if plan_id is None else plan_id
    who = by or audit.ordered_by(audit.account())
    amendment = valid(PlanAmendment, product=product, plan_id=plan_id, ordered_by=who)

    async def carry_out() -> None:
        seller = await connect_to_workers(settings)
        progress = await seller.operators.amend(purchase_id, amendment)
        audit.note("order", "done", order="amend", purchase_id=purchase_id)
        screen.show(f"{progress.detail} How it goes: status {purchase_id}")
        screen.answer(progress)

    run(carry_out())


def retry(context: Context, purchase_id: Purchase, as_json: AsJson = False, debug: Debug = False) -> None:
    """Starts a sale again that failed, or was cancelled: under the same purchase id, so that nothing is sold twice."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)

    async def carry_out() -> None:
        purchase = await (await connect_to_server(settings)).operators.start_again(purchase_id)
        audit.note("order", "done", order="retry", purchase_id=purchase_id)
        screen.show(f"Purchase {purchase_id} is started again: {purchase.product} ({purchase.plan_id})")
        screen.show(f"How it goes: status {purchase_id}")
        screen.answer(purchase)

    run(carry_out())


def resend(
    context: Context,
    name: OfAny,
    email: Annotated[str | None, Option(help="Where the traveler is mailed from now on, if not where before.")] = None,
    by: By = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Mails an eSIM with its QR code once more: to the same address, or to a corrected one."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)
    order = valid(ResendOrder, email=email, ordered_by=by or audit.ordered_by(audit.account()))

    async def carry_out() -> None:
        seller = await connect_to_workers(settings)
        found = await seller.look_up(name, Digests(settings.keys()))
        if found.endpoint_id is None:
            raise not_found(f"eSIM of {name} that could be mailed")
        esim = await seller.subscriptions.resend(found.endpoint_id, order)
        audit.note("order", "done", order="resend", subscription=esim.subscription_id)
        if email:  # who may say where the code goes can have it
            audit.note("activation_code", "done", endpoint_id=esim.endpoint_id, shown="mail")
        screen.show(f"The mail with the eSIM of {esim.subscription_id} is {delivery_line(esim.delivery)}")
        screen.show(f"What becomes of it: status {esim.subscription_id}")
        screen.answer(esim)

    run(carry_out())
