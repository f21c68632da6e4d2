"""The commands of starter.py: what they take, and what they answer."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

from typer import Argument, Context, Option, Typer

from cli.adopt import adopt
from cli.audit import audit as audit_command
from cli.buying import buy_addon, new_purchase_id
from cli.catalog import catalog
from cli.check_sft import check_sft
from cli.confirmation import confirm
from cli.connection import connect_to_server, connect_to_workers
from cli.documents import InstallCodes
from cli.erase import erase
from cli.export import export
from cli.history import history
from cli.lifecycle import close, resume, suspend
from cli.operators import operators
from cli.options import AsJson, Debug, ForPurchase, OfAny, OfSubscription, Product, Purchase
from cli.orders import refresh, sell, sold
from cli.renewing import renew
from cli.repayments import refund, remove_addon
from cli.running import run, valid
from cli.screen import Screen
from cli.secret_file import write_secret
from cli.settings import CliSettings
from cli.stock import check, stock
from cli.views import (
    explanation_view,
    found_view,
    install_view,
    keys_view,
    purchase_view,
    restored_view,
    show_sold,
    subscription_view,
    usage_view,
)
from cli.ways_back import amend, resend, retry
from cli.webhook import webhook
from contract.purchase import EsimPurchase
from contract.subscription import ShownStatus, Subscription
from contract.workflow_ids import provision_id
from delivery.qr import qr_png, qr_svg
from process import audit
from process.settings import read_settings
from seller.catalog import read_catalog
from seller.client import SellerClient
from seller.errors import RAISED, NoAnswer
from seller.sales import PurchaseStatus
from seller.search import Search
from seller.standing import standing_of
from temporal.digests import Digests

LONGEST_ID: Final = 64

app = Typer(add_completion=False, help="What a portal does, from a terminal.")
app.command()(check_sft)
app.command()(remove_addon)
app.command()(refund)
app.command()(audit_command)
app.command()(adopt)
app.command()(erase)
app.command()(export)
app.command()(buy_addon)
app.command()(suspend)
app.command()(resume)
app.command()(close)
app.command()(history)
app.command()(renew)
app.command()(amend)
app.command()(retry)
app.command()(resend)
app.command()(stock)
app.command()(check)
app.add_typer(operators, name="operators")
app.add_typer(webhook, name="webhook")
app.add_typer(catalog, name="catalog")


@app.command()
def provision(
    context: Context,
    product: Product,
    purchase_id: ForPurchase = None,
    traveler_id: Annotated[
        str | None, Option(help="The portal's id of the traveler; made up from the purchase id if absent.")
    ] = None,
    email: Annotated[str | None, Option(help="Where the eSIM is sent by e-mail.")] = None,
    locale: Annotated[str | None, Option(help="The language of mails, say de or pt-BR.")] = None,
    timezone: Annotated[str | None, Option(help="That of the times in mails, say Europe/Paris.")] = None,
    stock_wait_seconds: Annotated[int | None, Option(help="How long an empty inventory is waited for.")] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Sells an eSIM with a first add-on: shows the steps, then the QR code, the links and the code to type."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)
    purchase_id = new_purchase_id() if purchase_id is None else purchase_id
    purchase = valid(
        EsimPurchase,
        purchase_id=purchase_id,
        traveler_id=f"T-{purchase_id}"[:LONGEST_ID] if traveler_id is None else traveler_id,
        product=product,
        plan_id=read_catalog(settings.esim_catalog).plan_of(product),
        email=email,
        locale=locale,
        timezone=timezone,
        stock_wait_seconds=stock_wait_seconds,
        ordered_by=audit.ordered_by(audit.account()),
    )

    async def carry_out() -> None:
        seller = await connect_to_workers(settings)
        screen.show(f"Purchase {purchase_id}: {product} ({purchase.plan_id}) for traveler {purchase.traveler_id}")
        esim = await sell(seller, purchase, screen)
        audit.note("order", "done", order="provision", purchase_id=purchase_id, endpoint_id=esim.endpoint_id)
        audit.note("activation_code", "done", purchase_id=purchase_id, endpoint_id=esim.endpoint_id, shown="terminal")
        show_sold(screen, esim, purchase_id)
        screen.answer(esim)

    run(carry_out())


@app.command()
def status(
    context: Context,
    name: OfAny,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Shows how far a purchase has come, or the add-ons of a subscription."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)

    async def carry_out() -> None:
        seller = await connect_to_server(settings)
        try:
            await seller.server.expect_workers()
            found = await seller.look_up(name, Digests(settings.keys()))
        except NoAnswer as silence:
            raise await seller.why_silent(name, silence) from None
        if isinstance(found, Subscription):
            screen.show(*subscription_view(found))
        else:
            screen.show(purchase_view(found))
        if not screen.is_document:
            screen.show(*await standing(seller, found))
        screen.answer(found)

    run(carry_out())


async def standing(seller: SellerClient, found: Subscription | PurchaseStatus) -> list[str]:
    """What the histories say beside it; nothing where they cannot be read just then."""
    esim = found if isinstance(found, Subscription) else None
    name = found.subscription_id if isinstance(found, Subscription) else provision_id(found.purchase_id)
    try:
        return standing_of(await seller.history(name), datetime.now(UTC), esim)
    except RAISED:
        return []


@app.command()
def why(
    context: Context,
    name: OfAny,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Shows what a run waits for, since when and why, as the Temporal server knows it; no worker has to answer."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)

    async def carry_out() -> None:
        seller = await connect_to_server(settings)
        explanation = await seller.explain(name, Digests(settings.keys()))
        screen.show(explanation_view(explanation))
        screen.answer(explanation)

    run(carry_out())


@app.command()
def usage(
    context: Context,
    subscription: OfSubscription,
    cached: Annotated[bool, Option("--cached", help="Show the last reading, without asking SFT.")] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Shows what is left of each add-on, and until when: as SFT says now, which lags behind the real traffic."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)

    async def carry_out() -> None:
        seller = await connect_to_workers(settings)
        found = await (seller.subscriptions.get(subscription) if cached else refresh(seller, subscription, screen))
        screen.show(*usage_view(found))
        screen.answer(found)

    run(carry_out())


@app.command()
def restore(
    context: Context,
    name: Annotated[
        str, Argument(metavar="ID", help="A subscription id, an endpoint id or a purchase id.", show_default=False)
    ],
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Brings back a subscription or a purchase that was terminated by mistake: nothing is bought twice."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)

    async def carry_out() -> None:
        restored = await (await connect_to_workers(settings)).restore(name)
        audit.note("order", "done", order="restore", run=restored.workflow_id)
        screen.show(*restored_view(restored))
        screen.answer(restored)

    run(carry_out())


@app.command()
def drop(
    context: Context,
    subscription: OfSubscription,
    number: Annotated[int, Argument(help="The number of the message, as status shows it.", show_default=False)],
    yes: Annotated[bool, Option("--yes", help="Do not ask whether that is meant.")] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Drops a message that waits for a key which no worker has: whatever it asks for is never done."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)
    if not yes:
        confirm(f"Drop message {number} of {subscription}, which may be a purchase?", "Dropping", "dropped")

    async def carry_out() -> None:
        seller = await connect_to_workers(settings)
        left = await seller.subscriptions.drop_set_aside(subscription, number)
        audit.note("order", "done", order="drop", subscription=left.subscription_id, number=number)
        screen.show(*subscription_view(left))
        screen.answer(left)

    run(carry_out())


@app.command("list")
def list_(
    context: Context,
    traveler: Annotated[str | None, Option(help="Only those of this traveler.")] = None,
    status: Annotated[ShownStatus | None, Option(help="Only those with this status.")] = None,
    limit: Annotated[int, Option(help="How many to show at most.", min=1, max=999)] = 100,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Lists the subscriptions of a traveler, or all of them, as Temporal's visibility knows them some moments later."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)
    search = valid(Search, traveler_id=traveler, status=status)

    async def carry_out() -> None:
        found = await (await connect_to_server(settings)).find(search, limit)
        screen.show(*found_view(found))
        screen.answer(found)

    run(carry_out())


@app.command()
def keys(
    context: Context,
    thorough: Annotated[
        bool, Option("--thorough", help="Read every history whole, and count all that it has.")
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Shows which encryption keys are still needed by what Temporal keeps, before one of them is removed."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)

    async def carry_out() -> None:
        uses = await (await connect_to_server(settings)).key_uses(thorough=thorough)
        screen.show(*keys_view(uses, thorough))
        screen.answer(uses)

    run(carry_out())


@app.command()
def qr(
    context: Context,
    purchase_id: Purchase,
    png: Annotated[Path | None, Option(help="Write it to this file instead, as PNG.")] = None,
    svg: Annotated[Path | None, Option(help="Write it to this file instead, as SVG.")] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Shows the QR code that installs the eSIM of a purchase. It is a secret: who scans it first has the eSIM."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)

    async def carry_out() -> None:
        esim = await sold(await connect_to_server(settings), purchase_id)
        audit.note("activation_code", "done", purchase_id=purchase_id, endpoint_id=esim.endpoint_id, shown="terminal")
        code = esim.activation_code
        if png:
            write_secret(png, qr_png(code))
        if svg:
            write_secret(svg, qr_svg(code).encode())
        if png or svg:
            screen.show(f"Written, readable by you only: {', '.join(str(file) for file in (png, svg) if file)}")
        else:
            screen.qr(code)
            screen.show(*install_view(code))
        screen.answer(InstallCodes.of(code, purchase_id=purchase_id, png=png, svg=svg))

    run(carry_out())
