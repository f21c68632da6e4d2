"""The demo: a traveler's eSIM is sold, and the same add-on twice more."""

import asyncio
import os
import sys
import time
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Final

from pydantic import BaseModel
from temporalio.client import Client

from catalog import SHIPPED, read_catalog
from cli import subscription
from cli.purchase import sell
from cli.screen import Screen
from cli.views import assignments_view, show_sold
from demo.child import ROOT
from demo.company import TASK_QUEUE, Company
from demo.interruption import Interrupted, interruption
from demo.place import free_place
from domain.addon import Addon
from domain.esim import ProvisionedEsim
from domain.purchase import AddonPurchase, EsimPurchase

PRODUCT: Final = "Wakanda 30Days / 30GB"

PATIENCE_SECONDS: Final = 30.0
"""A demo sees for itself whether its worker lives."""


class Demonstrated(BaseModel):
    """What scripts get: where everything is, what was sold, and the add-ons of the eSIM, in order of purchase."""

    temporal_address: str
    web_ui: str
    sft_base_url: str
    esim: ProvisionedEsim
    addons: list[Addon]


async def show(screen: Screen, directory: Path, *, once: bool) -> int:
    """Runs the demo and returns 0; unless ``once``, it stays up until it is told to stop. Leaves no process behind.

    Raises:
        Problem: whatever kept it from being shown, a signal among others.
    """
    with interruption() as interrupted, free_place(directory) as place:
        if place.is_another:
            screen.show(f"Another demo is using {directory}: this one keeps its state in {place.directory}")
        company = Company(place)
        try:
            await _first_of(_tell(company, screen), company.watch(), interrupted.wait())
            if not once:
                screen.show("", "Ctrl-C stops everything; what was sold stays in the database.")
                with suppress(Interrupted):
                    await _first_of(company.watch(), interrupted.wait())
        finally:
            await company.dismiss()
    return 0


async def _tell(company: Company, screen: Screen) -> None:
    with screen.doing() as doing:
        client = await company.gather(doing)
    esim = await _sell_esim(client, screen)
    await _show_where(client, company, screen, esim)
    screen.show("", "The same product twice more, as a portal buys it:")
    run = subscription.run_of(client, esim.endpoint_id)
    for number in (2, 3):
        again = AddonPurchase(purchase_id=f"{esim.addon.purchase_id}-{number}", product=PRODUCT, plan_id=_plan_id())
        await subscription.buy(client, run, again, screen, PATIENCE_SECONDS)
    addons = (await subscription.subscription_of(client, run, PATIENCE_SECONDS)).addons
    screen.show("", "Three assignments, one planId, three uniqueIds:", assignments_view(addons))
    screen.answer(
        Demonstrated(
            temporal_address=company.address,
            web_ui=company.web_ui,
            sft_base_url=company.sft,
            esim=esim,
            addons=addons,
        )
    )


async def _sell_esim(client: Client, screen: Screen) -> ProvisionedEsim:
    purchase = EsimPurchase(
        purchase_id=f"demo-{time.time_ns() // 1_000_000}", traveler_id="T-42", product=PRODUCT, plan_id=_plan_id()
    )
    screen.show("", f"Purchase {purchase.purchase_id}: {PRODUCT} for traveler {purchase.traveler_id}")
    esim = await sell(client, TASK_QUEUE, purchase, screen, PATIENCE_SECONDS)
    show_sold(screen, esim, purchase.purchase_id)
    return esim


async def _show_where(client: Client, company: Company, screen: Screen, esim: ProvisionedEsim) -> None:
    runs = f"{company.web_ui}/namespaces/{client.namespace}/workflows"
    description = await subscription.run_of(client, esim.endpoint_id).describe()
    screen.show(
        "",
        f"Temporal's Web UI:   {runs}",
        f"This eSIM there:     {runs}/{description.id}/{description.run_id}/history",
        f"In another terminal: TEMPORAL_ADDRESS={company.address} {_starter()} status {esim.endpoint_id}",
    )


def _starter() -> str:
    return f"{os.path.relpath(sys.executable)} {os.path.relpath(ROOT / 'starter.py')}"


def _plan_id() -> str:
    return read_catalog(str(SHIPPED)).plan_of(PRODUCT)


async def _first_of(*stories: Coroutine[None, None, None]) -> None:
    """Runs them until one of them ends, as that one ends, and the others only as far as it takes to abandon them."""
    tasks = [asyncio.create_task(story) for story in stories]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
