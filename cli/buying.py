"""The command ``buy-addon``: for one eSIM, or for many."""

import secrets
from dataclasses import replace
from typing import Annotated

from typer import Argument, Context, Option

from cli.bulk import ONE_OF, Many, many_of, order_many
from cli.bulk_file import Row
from cli.connection import connect_to_workers
from cli.documents import SentPurchase
from cli.many_options import for_one_or_many
from cli.options import ForPurchase, OneOrMany
from cli.orders import buy, send
from cli.problem import Problem
from cli.running import run, valid
from cli.screen import Screen
from cli.settings import CliSettings
from cli.views import addon_view
from contract.purchase import AddonPurchase
from process import audit
from process.settings import read_settings
from seller.bulk import ManyOrders
from seller.bulk_orders import ManyPurchases
from seller.catalog import read_catalog
from seller.client import SellerClient


@for_one_or_many
def buy_addon(
    context: Context,
    subscription: OneOrMany = None,
    product: Annotated[
        str | None, Argument(help="A product of the catalog, say 'Wakanda Daily'.", show_default=False)
    ] = None,
    purchase_id: ForPurchase = None,
    no_wait: Annotated[bool, Option("--no-wait", help="Only send it: a signal instead of an update.")] = False,
    purchase_prefix: Annotated[
        str | None,
        Option(help="Of many: each is bought as <prefix>-<endpoint id>, where the file has no purchase_id for it."),
    ] = None,
) -> None:
    """Buys an add-on for an eSIM that was sold before, or for many, and waits until it is provisioned."""
    screen = context.ensure_object(Screen)
    is_of_many = any(context.params[name] is not None for name in ONE_OF)
    if is_of_many and product is None:  # the one argument is the product
        subscription, product = None, subscription
    if many := many_of(context, subscription):
        if purchase_id or no_wait:
            raise Problem("BadCommand", "--purchase-id and --no-wait are for one eSIM; many take --purchase-prefix")
        _buy_many(screen, many, product, purchase_prefix)
    elif subscription is None or product is None:
        raise Problem("BadCommand", "Missing argument 'PRODUCT'; --help tells more")
    elif purchase_prefix:
        raise Problem("BadCommand", "--purchase-prefix is for many eSIMs; one takes --purchase-id")
    else:
        _buy_one(screen, subscription, product, purchase_id, is_only_sent=no_wait)


def new_purchase_id() -> str:
    """A purchase id that was never used."""
    return f"P-{secrets.token_hex(6)}"


def _buy_many(screen: Screen, many: Many, product: str | None, prefix: str | None) -> None:
    catalog = read_catalog(many.settings.esim_catalog)
    if product:
        catalog.plan_of(product)
    if many.file is None and (product is None or prefix is None):
        raise Problem("BadCommand", "Many purchases take a PRODUCT and --purchase-prefix, or a --file that has them")

    def complete(row: Row) -> Row:
        bought = row.product or product
        purchase_id = row.purchase_id or (f"{prefix}-{row.endpoint_id}" if prefix else None)
        if bought is None or purchase_id is None:
            lacks = "product" if bought is None else "purchase_id, and there is no --purchase-prefix"
            raise Problem("BadCommand", f"it has no {lacks}")
        valid(AddonPurchase, purchase_id=purchase_id, product=bought, plan_id=catalog.plan_of(bought, 3))
        return replace(row, purchase_id=purchase_id, product=bought)

    def orders_of(seller: SellerClient) -> ManyOrders:
        return ManyPurchases(seller, catalog, many.bulk)

    order_many(screen, many, "Buy an add-on for each of {}?", orders_of, complete, by_purchase=True)


def _buy_one(screen: Screen, name: str, product: str, purchase_id: str | None, *, is_only_sent: bool) -> None:
    settings = read_settings(CliSettings)
    purchase = valid(
        AddonPurchase,
        purchase_id=new_purchase_id() if purchase_id is None else purchase_id,
        product=product,
        plan_id=read_catalog(settings.esim_catalog).plan_of(product),
        ordered_by=audit.ordered_by(audit.account()),
    )

    async def carry_out() -> None:
        seller = await connect_to_workers(settings)
        run_id = seller.subscription_run(name).id
        screen.show(f"Purchase {purchase.purchase_id}: {product} ({purchase.plan_id}) for {run_id}")
        if is_only_sent:
            await send(seller, name, purchase)
            audit.note("order", "done", order="buy-addon", purchase_id=purchase.purchase_id, subscription=run_id)
            screen.show(f"Sent. How it goes: status {run_id}")
            screen.answer(SentPurchase(subscription_id=run_id, **purchase.model_dump()))
            return
        addon = await buy(seller, name, purchase, screen)
        audit.note("order", "done", order="buy-addon", purchase_id=purchase.purchase_id, subscription=run_id)
        screen.show(addon_view(addon))
        screen.answer(addon)

    run(carry_out())
