"""What the demo tells: an eSIM is sold, used until its traveler is warned, and topped up twice."""

import os
import shlex
import sys
import time
from pathlib import Path
from typing import Final

from pydantic import BaseModel
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text
from temporalio.client import Client

from cli.balance import balance, state
from cli.orders import buy, refresh, sell
from cli.screen import Screen
from cli.views import show_sold
from contract.addon import Addon
from contract.esim import ProvisionedEsim
from contract.purchase import AddonPurchase, EsimPurchase
from seller.catalog import SHIPPED, read_catalog
from seller.client import SellerClient
from tools.demo.child import ROOT
from tools.demo.news import News
from tools.demo.processes import TASK_QUEUE, TEMPORAL, Processes
from tools.demo.traveler import Traveler, traffic_url, traveling

PRODUCT: Final = "Wakanda 30Days / 30GB"
TRAVELER_ID: Final = "T-42"
EMAIL: Final = "traveler@example.com"

FIRST_TRIP_GB: Final = (6.0, 10.5, 9.9)
"""Of 30 GB: the third crosses 80 %."""

SECOND_TRIP_GB: Final = 10.5

MORE_TRAFFIC: Final = '{"bytes": 4000000000}'
A_MONTH_AHEAD: Final = '{"ahead_seconds": 2678400}'

PATIENCE_SECONDS: Final = 30.0
"""A demo sees for itself whether its worker lives."""

TABLE: Final = "Three assignments, one planId, three uniqueIds, three balances:"


class Demonstrated(BaseModel):
    """What scripts get: where everything is, what was sold, the add-ons of the eSIM with what is left of each, in order
    of purchase, and what was told about it: the subjects of the mails and the types of the events, in order.
    """

    temporal_address: str
    web_ui: str
    sft_base_url: str
    metrics: str
    shop: str
    operators: str
    esim: ProvisionedEsim
    addons: list[Addon]
    mails: list[str]
    events: list[str]


class Story:
    """One sale and what comes after it, told while it happens."""

    def __init__(self, client: Client, processes: Processes, news: News, screen: Screen) -> None:
        self._client = client
        self._seller = SellerClient(client, TASK_QUEUE, worker_seconds=PATIENCE_SECONDS)
        self._processes = processes
        self._news = news
        self._screen = screen
        self._plan_id = read_catalog(str(SHIPPED)).plan_of(PRODUCT)

    async def tell(self) -> None:
        """Tells all of it; raises a Problem where it does not go as it should."""
        esim = await self._sell_esim()
        async with traveling(self._processes.control, esim.endpoint_id) as traveler:
            await self._use(esim, traveler)
            second, _ = await self._top_up(esim)
            await traveler.use(SECOND_TRIP_GB, second.unique_id)
        addons = await self._read(esim)
        self._screen.show("", f"The traveler uses {SECOND_TRIP_GB} GB of the second one. {TABLE}", _assignments(addons))
        await self._show_where(esim)
        self._screen.answer(
            Demonstrated(
                temporal_address=self._processes.address,
                web_ui=self._processes.web_ui,
                sft_base_url=self._processes.sft,
                metrics=self._processes.metrics,
                shop=self._processes.shop,
                operators=self._processes.operators,
                esim=esim,
                addons=addons,
                mails=self._news.mails,
                events=self._news.events,
            )
        )

    async def _sell_esim(self) -> ProvisionedEsim:
        purchase = EsimPurchase(
            purchase_id=f"demo-{time.time_ns() // 1_000_000}",
            traveler_id=TRAVELER_ID,
            product=PRODUCT,
            plan_id=self._plan_id,
            email=EMAIL,
        )
        self._screen.show("", f"Purchase {purchase.purchase_id}: {PRODUCT} for traveler {TRAVELER_ID}")
        esim = await sell(self._seller, purchase, self._screen)
        show_sold(self._screen, esim, purchase.purchase_id)
        await self._news.mail(f"esim-{purchase.purchase_id}")
        await self._news.event("esim_provisioned", purchase.purchase_id)
        return esim

    async def _use(self, esim: ProvisionedEsim, traveler: Traveler) -> None:
        self._screen.show("", "The traveler lands and uses it:")
        await self._show_balance(esim)
        for gigabytes in FIRST_TRIP_GB:
            await traveler.use(gigabytes)
            addon = await self._show_balance(esim)
        warning = await self._news.event("addon_used_80_percent", addon.purchase_id)
        await self._news.mail(warning.event_id)

    async def _top_up(self, esim: ProvisionedEsim) -> list[Addon]:
        self._screen.show("", "The same product twice more, as a portal buys it:")
        bought = []
        for number in (2, 3):
            purchase_id = f"{esim.addon.purchase_id}-{number}"
            again = AddonPurchase(purchase_id=purchase_id, product=PRODUCT, plan_id=self._plan_id)
            bought.append(await buy(self._seller, esim.endpoint_id, again, self._screen))
            await self._news.event("addon_provisioned", purchase_id)
        return bought

    async def _show_balance(self, esim: ProvisionedEsim) -> Addon:
        """The one add-on that there is, as it was just read."""
        [addon] = await self._read(esim)
        self._screen.show(Text.assemble(balance(addon), f", {state(addon)}"))
        return addon

    async def _read(self, esim: ProvisionedEsim) -> list[Addon]:
        """The add-ons, with what is left of each just now."""
        return (await refresh(self._seller, esim.endpoint_id, self._screen)).addons

    async def _show_where(self, esim: ProvisionedEsim) -> None:
        runs = f"{self._processes.web_ui}/namespaces/{self._client.namespace}/workflows"
        description = await self._seller.subscription_run(esim.endpoint_id).describe()
        traffic = traffic_url(self._processes.control, esim.endpoint_id)
        self._screen.show(
            "",
            f"The shop:             {self._processes.shop}",
            f"Its REST API:         {self._processes.shop}/docs",
            f"For operators:        {self._processes.operators}",
            f"                      (its password: grep OPERATOR {_relative(self._processes.environment)})",
            f"Temporal's Web UI:    {runs}",
            f"This eSIM there:      {runs}/{description.id}/{description.run_id}/history",
            f"In another terminal:  . {_sourced(self._processes.environment)}",
            "                      (the address and the key: without the key nobody can read what is stored)",
            f"                      {_starter()} usage {esim.endpoint_id}",
            f"                      {_starter()} list --traveler {TRAVELER_ID}",
            f"                      {_temporal()} workflow show --workflow-id {description.id}",
            f"                      {_portal()} keys new my-portal",
            "                      (a key for the REST API, which is printed once)",
            f"                      {_starter()} webhook test",
            f"The worker's metrics: curl {self._processes.metrics}",
            f"More traffic:         curl -d '{MORE_TRAFFIC}' {traffic}",
            f"SFT's clock ahead:    curl -d '{A_MONTH_AHEAD}' {self._processes.control}/clock",
            "                      (only SFT's: what ends there before its time counts as used up)",
        )


def _assignments(addons: list[Addon]) -> Table:
    """The guide's example, and what is left: a product that is assigned again is the same plan, another instance."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0)
    for column in ("Assignment", "Product", "planId", "uniqueId", "Left", "State"):
        table.add_column(column, overflow="fold", no_wrap=column == "Left")
    for number, addon in enumerate(addons, start=1):
        table.add_row(str(number), addon.product, addon.plan_id, addon.unique_id, balance(addon), state(addon))
    return table


def _starter() -> str:
    return f"{os.path.relpath(sys.executable)} {os.path.relpath(ROOT / 'starter.py')}"


def _portal() -> str:
    return f"{os.path.relpath(sys.executable)} -m portal"


def _temporal() -> str:
    return os.path.relpath(TEMPORAL)


def _relative(file: Path) -> str:
    return shlex.quote(os.path.relpath(file))


def _sourced(file: Path) -> str:
    """As a shell takes it, which looks for a name without a slash elsewhere."""
    return shlex.quote(os.path.join(os.curdir, os.path.relpath(file)))
