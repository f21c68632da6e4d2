"""The commands ``stock`` and ``check``: what is left to sell, and whether a product could be sold just now."""

from typing import Annotated

from typer import Context, Option

from cli.balance import moment
from cli.connection import connect_to_workers
from cli.options import AsJson, Debug, Product
from cli.running import run
from cli.screen import Screen
from cli.settings import CliSettings
from contract.stock import Stock
from process.settings import read_settings
from seller.catalog import read_catalog


def stock(context: Context, as_json: AsJson = False, debug: Debug = False) -> None:
    """Counts the eSIMs that are left to sell, and says when they end at the rate at which they are sold."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)

    async def carry_out() -> None:
        seller = await connect_to_workers(settings)
        counted = await seller.stock.count()
        screen.show(*_lines(counted))
        screen.answer(counted)

    run(carry_out())


def check(
    context: Context,
    product: Product,
    subscription: Annotated[
        str | None, Option(help="The eSIM that it is to be put on, by subscription or endpoint id.")
    ] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Says whether a product could be sold just now, as a first eSIM or for an eSIM. It promises nothing."""
    screen, settings = context.ensure_object(Screen), read_settings(CliSettings)
    plan_id = read_catalog(settings.esim_catalog).plan_of(product)

    async def carry_out() -> None:
        seller = await connect_to_workers(settings)
        if subscription is None:
            found = await seller.checks.first_esim(plan_id)
        else:
            found = await seller.checks.addon(await seller.subscriptions.get(subscription), plan_id)
        screen.show(f"{'Yes' if found.possible else 'No'}: {found.detail}")
        screen.answer(found)

    run(carry_out())


def _lines(counted: Stock) -> list[str]:
    more = " or more" if counted.or_more else ""
    lines = [f"{counted.available}{more} eSIMs are left, counted {moment(counted.counted_at)}"]
    if counted.held:
        lines.append(f"{counted.held} more that SFT lists are not counted: quarantined here, or just being sold")
    if counted.uninstallable:
        lines.append(f"{counted.uninstallable} more that SFT lists are passed over: no phone could install them")
    if counted.sold_last_day is not None:
        week = f", {counted.sold_last_week} in the last week" if counted.sold_last_week is not None else ""
        lines.append(f"{counted.sold_last_day} were sold in the last day{week}")
    if counted.ends_at:
        lines.append(f"At that rate they end on {moment(counted.ends_at)}")
    if counted.is_low:
        lines.append("That is few: order eSIMs from SFT")
    return lines
