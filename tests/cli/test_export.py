"""The record of sales, from a terminal: everything that was sold, once, for longer than Temporal remembers it."""

import asyncio
import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError

from contract.addon import Addon
from contract.order import LifecycleOrder
from contract.sale_entry import SaleEntry
from contract.subscription import Subscription
from contract.workflow_ids import provision_id, subscription_id
from process.sales_record import SalesRecord
from tests.support.forgetting import forget
from tests.support.seller import PLAN, PRODUCT, Seller, eventually, seller
from tests.support.subscription_states import bought, state_with
from tests.support.terminal import Finished, Terminal, terminal_of
from tools.simulator.fault import Fault
from workflows.purchases import PAGE, Purchases

NEW_YEAR = datetime.now(UTC) - timedelta(days=1)


async def top_up(shop: Seller, endpoint_id: str, **changes: Any) -> Addon:
    addon: Addon = await shop.run_of(endpoint_id).execute_update(
        "purchase_addon", shop.addon(**changes), result_type=Addon
    )
    return addon


def sales(listed: Finished) -> list[SaleEntry]:
    assert listed.code == 0, listed.errors
    return [SaleEntry.model_validate(sale) for sale in listed.document["sales"]]


async def listed_by_visibility(shop: Seller, count: int) -> None:
    async def are_listed() -> bool:
        ended = "(ExecutionStatus = 'Running' OR WorkflowType = 'ProvisionEsimWorkflow')"
        return (await shop.client.count_workflows(f"TaskQueue = '{shop.task_queue}' AND {ended}")).count >= count

    await eventually(are_listed)


async def test_each_purchase_is_listed_with_all_that_an_auditor_asks_for(shop: Seller, terminal: Terminal) -> None:
    began = datetime.now(UTC)
    esim = await shop.sell(shop.purchase(ordered_by="my-portal"))
    later = await top_up(shop, esim.endpoint_id, ordered_by="ann")
    shop.platform.order(Fault(call="SubscribeAddon", kind="rejected"))
    with pytest.raises(WorkflowUpdateFailedError):
        await top_up(shop, esim.endpoint_id, purchase_id="P-refused")
    await shop.run_of(esim.endpoint_id).execute_update("suspend", LifecycleOrder(reason="system"))
    await top_up(shop, esim.endpoint_id, purchase_id="P-pending")
    cancelled = await shop.start(shop.purchase(purchase_id=f"P-{shop.number}-x", plan_id="PLAN-UNHEARD-OF"))
    await shop.reaches(cancelled, "needs_attention")
    await cancelled.cancel()
    await listed_by_visibility(shop, 3)

    async def all_listed() -> list[SaleEntry] | None:
        found = sales(await terminal.run("export", "--json"))
        return found if len(found) == 4 else None

    first, second, refused, nothing = await eventually(all_listed)
    assert first.model_dump(exclude={"at", "bought_at", "entry_id"}) == {
        **{"outcome": "provisioned", "kind": "esim", "purchase_id": esim.addon.purchase_id, "traveler_id": "T-42"},
        **{"product": PRODUCT, "plan_id": PLAN, "endpoint_id": esim.endpoint_id, "iccid": esim.iccid},
        **{"unique_id": esim.addon.unique_id, "error": None, "ordered_by": "my-portal"},
    }
    assert (second.kind, second.purchase_id, second.unique_id) == ("addon", later.purchase_id, later.unique_id)
    assert (second.ordered_by, second.iccid) == ("ann", esim.iccid)
    assert (refused.outcome, refused.purchase_id, refused.error) == ("failed", "P-refused", "AddonRejected")
    assert (nothing.outcome, nothing.kind, nothing.error) == ("failed", "esim", "Cancelled")
    assert (nothing.purchase_id, nothing.endpoint_id, nothing.plan_id) == (
        f"P-{shop.number}-x",
        None,
        "PLAN-UNHEARD-OF",
    )
    for entry in (first, second, refused, nothing):
        assert entry.bought_at
        assert began <= entry.bought_at <= entry.at <= datetime.now(UTC)


async def test_a_list_is_a_table_or_lines_of_a_period(shop: Seller, terminal: Terminal, tmp_path: Path) -> None:
    esim = await shop.sell()
    await listed_by_visibility(shop, 2)
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}"
    file = tmp_path / "november.csv"
    table, lines, written, later, before = await asyncio.gather(
        terminal.run("export"),
        terminal.run("export", "--format", "jsonl", "--until", tomorrow),
        terminal.run("export", "--output", str(file)),
        terminal.run("export", "--since", tomorrow, "--json"),
        terminal.run("export", "--until", "2026-01-01T00:00:00+01:00", "--json"),
    )
    [row] = csv.DictReader(table.output.splitlines())
    assert SaleEntry.model_validate_json(lines.output).iccid == row["iccid"] == esim.iccid
    assert file.read_text() == table.output
    assert f"{file}, 1 entries" in written.output
    assert later.document["sales"] == before.document["sales"] == []


async def test_an_auditor_gets_last_month_from_a_system_that_has_forgotten_it(client: Client, tmp_path: Path) -> None:
    record = tmp_path / "sales.jsonl"
    sold: list[str | None] = []
    async with seller(client, esims=4) as shop, shop.working():
        terminal = Terminal(terminal_of(shop).variables | {"ESIM_SALES_RECORD": str(record)})
        for day in range(3):
            esim = await shop.sell()
            addon = await top_up(shop, esim.endpoint_id)
            sold += [esim.addon.unique_id, addon.unique_id]
            await listed_by_visibility(shop, 2)
            for _ in range(2):
                daily = await terminal.run("export", "--append")
                assert (daily.code, daily.errors) == (0, "")
            assert daily.output.splitlines()[-1] == f"Added 0 entries to {record}"
            if day < 2:  # the last of them lives
                await shop.run_of(esim.endpoint_id).execute_update("close", LifecycleOrder(reason="system"))
                await shop.run_of(esim.endpoint_id).result()
                await forget(shop, subscription_id(esim.endpoint_id))
            await forget(shop, provision_id(esim.addon.purchase_id))
        last_month = await terminal.run("export", "--since", f"{NEW_YEAR:%Y-%m-%d}", "--json")
        known = await terminal_of(shop).run("export", "--json")
    assert [entry.unique_id for entry in sales(last_month)] == sold
    assert [entry.unique_id for entry in sales(known)] == sold[-2:]
    assert len(record.read_text().splitlines()) == len(sold)


async def test_a_schedule_has_a_worker_add_what_is_new(client: Client, tmp_path: Path) -> None:
    record = tmp_path / "sales.csv"
    async with seller(client, esim_sales_record=record) as shop, shop.working():
        esim = await shop.sell()
        await listed_by_visibility(shop, 2)
        terminal = terminal_of(shop)
        begun = await terminal.run("export", "--every", "24h")
        assert (begun.code, begun.errors) == (0, "")

        async def recorded() -> list[SaleEntry]:
            return SalesRecord(record).entries()

        assert [entry.unique_id for entry in await eventually(recorded)] == [esim.addon.unique_id]
        again = await terminal.run("export", "--every", "12h", "--json")
        assert again.document == {"schedule_id": f"record-sales-{shop.task_queue}", "every_seconds": 12 * 3600}
        described = await client.get_schedule_handle(again.document["schedule_id"]).describe()
        assert [interval.every for interval in described.schedule.spec.intervals] == [timedelta(hours=12)]
        ended, none = await terminal.run("export", "--every", "never"), await terminal.run("export", "--every", "never")
        assert (ended.code, none.code, none.output) == (0, 0, "There was no schedule\n")


async def test_of_thousands_of_purchases_on_one_esim_each_is_listed(shop: Seller, terminal: Terminal) -> None:
    endpoint_id = shop.platform.endpoints[0].endpoint_id
    shop.platform.set_status(endpoint_id, "Active")
    state = state_with([bought(number) for number in range(2 * PAGE + 50)], endpoint_id)
    Purchases(state).keep_small()
    run = await shop.client.start_workflow(
        "TravelerSubscriptionWorkflow",
        state,
        id=subscription_id(endpoint_id),
        task_queue=shop.task_queue,
        result_type=Subscription,
    )
    await listed_by_visibility(shop, 1)
    found = sales(await terminal.run("export", "--json"))
    assert [int(entry.purchase_id[2:]) for entry in sorted(found, key=number_of)] == list(range(2 * PAGE + 50))
    claimed = (await run.describe()).start_time
    assert {entry.at for entry in found} == {claimed}
    assert {entry.bought_at for entry in found} == {None}
    await run.terminate()


def number_of(entry: SaleEntry) -> int:
    return int(entry.purchase_id[2:])


async def test_what_cannot_be_asked_is_named_and_the_rest_is_listed(shop: Seller, terminal: Terminal) -> None:
    esim, lost = await shop.sell(), await shop.sell()
    await listed_by_visibility(shop, 4)
    await shop.run_of(lost.endpoint_id).signal("hand_over", {"written_by": "1.0"})  # no worker of this build goes on

    async def is_stuck() -> bool:
        return (await terminal.run("export", "--json")).code == 1

    await eventually(is_stuck)
    people, script = await asyncio.gather(terminal.run("export"), terminal.run("export", "--json"))
    assert (people.code, script.code) == (1, 1)
    assert people.sentence.startswith(f"Not all is in it: {lost.subscription_id} could not be asked (")
    [row] = csv.DictReader(people.output.splitlines())
    assert row["endpoint_id"] == esim.endpoint_id
    assert [one["workflow_id"] for one in script.document["unread"]] == [lost.subscription_id]
    await shop.run_of(lost.endpoint_id).terminate()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--since", "20261101"], "since '20261101': has to be a day, as 2026-11-01"),
        (["--since", "2026-13-01"], "since '2026-13-01': "),
        (["--since", "2026-12-01", "--until", "2026-11-01"], "since has to be before until"),
        (["--every", "soon"], "--every 'soon': has to be a number with m, h or d"),
        (["--every", "0h"], "--every '0h'"),
        (["--every", "24h", "--append"], "--append and --every: each of them is for a command of its own"),
        (["--since", "2026-11-01", "--append"], "--since and --append: each"),
        (["--append"], "it is not set"),
    ],
    ids=str,
)
async def test_what_cannot_be_meant_is_refused_in_a_sentence(
    terminal: Terminal, arguments: list[str], says: str
) -> None:
    refused = await terminal.run("export", *arguments)
    assert (refused.code, refused.output) == (2, "")
    assert says in refused.sentence


async def test_a_record_that_is_none_is_refused_and_left_as_it_is(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "sales.jsonl"
    file.write_text(json.dumps({"a": 1}) + "\n")
    for arguments in ([], ["--append"]):
        refused = await terminal.run("export", *arguments, ESIM_SALES_RECORD=str(file))
        assert (refused.code, refused.output) == (2, "")
        assert f"{file} is no record of sales" in refused.sentence
    assert json.loads(file.read_text()) == {"a": 1}
