"""An auditor's list of last month, from a system that forgets what ended three days ago, held against SFT's ledger."""

import asyncio
import csv
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError, WorkflowUpdateFailedError

from contract.addon import Addon
from contract.esim import ProvisionedEsim
from contract.order import LifecycleOrder, RefundOrder, RemovalOrder
from contract.sale_entry import SaleEntry
from contract.workflow_ids import provision_id, subscription_id
from process.sales_record import SalesRecord
from seller.client import SellerClient
from tests.support.forgetting import forget
from tests.support.rest import calling
from tests.support.seller import Seller, eventually, seller
from tests.support.terminal import Terminal, terminal_of
from tools.simulator.fault import Fault

DAYS = 14
RETENTION = 3

OUTAGE = (6, 7)
"""Days on which nobody brings the record up to date: fewer than Temporal remembers."""


@dataclass
class Trade:
    """A shop that sells every day. ``ended`` says on which day what ended, by workflow id; ``living`` are eSIMs."""

    shop: Seller
    ended: dict[str, int] = field(default_factory=dict)
    living: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    """Purchases that got nothing."""
    regular: ProvisionedEsim | None = None
    """The eSIM of somebody who buys every day."""

    async def go_on(self, day: int) -> None:
        """Sells an eSIM and two add-ons, and then does what the day is for."""
        esim = await self.shop.sell(self.shop.purchase(traveler_id=f"T-{day}"))
        self.ended[provision_id(esim.addon.purchase_id)] = day
        self.regular = self.regular or esim
        later = await self._top_up(esim)
        await self._top_up(self.regular)
        run = self.shop.run_of(esim.endpoint_id)
        match day % 7:
            case 1:
                await run.execute_update("close", LifecycleOrder(reason="system"))
            case 2:
                await run.execute_update("remove_addon", RemovalOrder(purchase_id=later.purchase_id, reason="Wrong"))
            case 3:
                await run.execute_update("refund", RefundOrder(reason="Not used"))
            case 4:
                await self._sell_nothing(day)
            case 5:
                await self._refuse_top_up(esim)
            case 6:
                await run.terminate()
                await SellerClient(self.shop.client, self.shop.task_queue).restore(esim.subscription_id)
        if day % 7 in (1, 3):
            await run.result()
            self.ended[esim.subscription_id] = day
        else:
            self.living.add(esim.subscription_id)

    async def forget(self, day: int) -> None:
        """Temporal forgets what ended on that day or before."""
        gone = [workflow_id for workflow_id, ended in self.ended.items() if ended <= day]
        await asyncio.gather(*(forget(self.shop, workflow_id) for workflow_id in gone))
        for workflow_id in gone:
            del self.ended[workflow_id]

    async def _top_up(self, esim: ProvisionedEsim, **changes: Any) -> Addon:
        purchase = self.shop.addon(**changes)
        bought: Addon = await self.shop.run_of(esim.endpoint_id).execute_update(
            "purchase_addon", purchase, result_type=Addon
        )
        return bought

    async def _refuse_top_up(self, esim: ProvisionedEsim) -> None:
        self.shop.platform.order(Fault(call="SubscribeAddon", kind="rejected"))
        purchase_id = f"P-{next(self.shop.numbers)}"
        with pytest.raises(WorkflowUpdateFailedError):
            await self._top_up(esim, purchase_id=purchase_id)
        self.failed.add(purchase_id)

    async def _sell_nothing(self, day: int) -> None:
        purchase = self.shop.purchase(plan_id="PLAN-UNHEARD-OF")
        run = await self.shop.start(purchase)
        endpoint_id = (await self.shop.reaches(run, "needs_attention")).endpoint_id
        await run.cancel()
        with pytest.raises(WorkflowFailureError):
            await run.result()
        self.failed.add(purchase.purchase_id)
        self.ended |= {provision_id(purchase.purchase_id): day, subscription_id(endpoint_id or ""): day}


async def recorded(shop: Seller, trade: Trade) -> None:
    """What the Schedule does every night, once visibility lists what the day has brought."""

    async def are_listed() -> bool:
        found = {True: set[str](), False: set[str]()}
        async for run in shop.client.list_workflows(f"TaskQueue = '{shop.task_queue}'"):
            found[run.status == WorkflowExecutionStatus.RUNNING].add(run.id)
        return found[True] >= trade.living and found[False] >= trade.ended.keys()

    await eventually(are_listed)
    night = f"record-sales-{shop.task_queue}-{next(shop.numbers)}"
    for again in ("", "-again"):
        await shop.client.execute_workflow("RecordSalesWorkflow", id=f"{night}{again}", task_queue=shop.task_queue)


@pytest.mark.long
async def test_last_month_is_whole_and_without_doubles_where_temporal_keeps_three_days(
    client: Client, tmp_path: Path
) -> None:
    record = tmp_path / "sales.jsonl"
    async with seller(client, esims=DAYS + 5, esim_sales_record=record) as shop, shop.working():
        trade, middle = Trade(shop), datetime.max.replace(tzinfo=UTC)
        for day in range(DAYS):
            middle = datetime.now(UTC) if day == DAYS // 2 else middle
            await trade.go_on(day)
            if day not in OUTAGE:
                await recorded(shop, trade)
            await trade.forget(day - RETENTION)
        await trade.forget(DAYS)  # long after that month
        auditor = Terminal(terminal_of(shop).variables | {"ESIM_SALES_RECORD": str(record)})
        whole, table, first, second, remembered = await asyncio.gather(
            auditor.run("export", "--json"),
            auditor.run("export"),
            auditor.run("export", "--until", middle.isoformat(), "--json"),
            auditor.run("export", "--since", middle.isoformat(), "--json"),
            terminal_of(shop).run("export", "--json"),
        )
        async with calling(shop, tmp_path, esim_sales_record=record) as rest:
            by_rest = await rest.get("/sales", params={"format": "csv"})
    assert [run.code for run in (whole, table, first, second, remembered)] == [0] * 5
    entries = [SaleEntry.model_validate(sale) for sale in whole.document["sales"]]
    assert len(remembered.document["sales"]) < len(entries)  # what Temporal alone would have told
    assert first.document["sales"] + second.document["sales"] == whole.document["sales"]
    assert [row["entry_id"] for row in csv.DictReader(table.output.splitlines())] == [one.entry_id for one in entries]
    assert by_rest.text.splitlines() == table.output.splitlines()
    assert sorted(one.entry_id for one in SalesRecord(record).entries()) == sorted(one.entry_id for one in entries)
    hold_against_sft(entries, shop)
    assert Counter(one.purchase_id for one in entries if one.outcome == "failed") == Counter(trade.failed)
    assert {one.outcome for one in entries} == {"provisioned", "removed", "failed"}


def hold_against_sft(entries: list[SaleEntry], shop: Seller) -> None:
    """Every instance that SFT ever made for us is one line, and so is every one that it took off again."""
    for outcome, change in (("provisioned", "addon_added"), ("removed", "addon_removed")):
        told = Counter((one.endpoint_id, one.iccid, one.unique_id) for one in entries if one.outcome == outcome)
        made = Counter(
            (endpoint.endpoint_id, endpoint.iccid, made.value)
            for endpoint in shop.platform.endpoints
            for made in endpoint.history
            if made.change == change
        )
        assert told == made, outcome
    assert len({one.entry_id for one in entries}) == len(entries)
