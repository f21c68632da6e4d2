"""Erasure: afterwards, nothing personal is found in anything that Temporal keeps, and what was sold stays sold."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToJson
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from contract.addon import Addon
from contract.erasure import Erasure
from contract.esim import ProvisionedEsim
from contract.order import LifecycleOrder
from contract.sale_entry import SaleEntry
from process.sales_record import SalesRecord
from tests.support.encrypting_shop import with_keys
from tests.support.encryption_keys import key, ring
from tests.support.seller import Seller, eventually, seller
from tests.support.terminal import Terminal, terminal_of

EMAIL = "somebody@example.com"
ZONE = "Pacific/Kiritimati"
NAME = "honeymoon in Wakanda"


@pytest.fixture
async def shop(client: Client) -> AsyncIterator[Seller]:
    async with seller(client, esims=5) as shop, shop.working():
        yield shop


async def kept(shop: Seller) -> str:
    """Everything that Temporal keeps of a seller's runs, as anybody with the database reads it."""
    texts = []
    async for run in shop.client.list_workflows(f"TaskQueue = '{shop.task_queue}'"):
        handle = shop.client.get_workflow_handle(run.id, run_id=run.run_id)
        texts += [run.id, decoded(MessageToJson(run.raw_info))]
        try:
            described = MessageToJson((await handle.describe()).raw_description)
            texts += [decoded(text) for text in (described, (await handle.fetch_history()).to_json())]
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:  # visibility lists for a moment what is gone
                raise
    return "\n".join(texts)


def decoded(text: str) -> str:
    """JSON of protocol buffers with the payloads in it as text."""

    def plain(match: Any) -> str:
        return base64.b64decode(match[1]).decode(errors="replace")

    return re.sub(r'"data":\s*"([A-Za-z0-9+/=]+)"', plain, text)


async def forgets(shop: Seller, *words: str | None) -> None:
    async def is_gone() -> bool:
        text = await kept(shop)
        return not any(word in text for word in words if word)

    await eventually(is_gone)


async def history_of(shop: Seller, traveler: str) -> dict[str, ProvisionedEsim]:
    """Sells one that lives and is topped up, one that is closed, and none, for a traveler."""
    theirs = {"traveler_id": traveler, "email": EMAIL, "locale": "fr-CA", "timezone": ZONE}
    living, closed = await shop.sell(shop.purchase(**theirs)), await shop.sell(shop.purchase(**theirs))
    await shop.run_of(living.endpoint_id).execute_update("purchase_addon", shop.addon(), result_type=Addon)
    for one in (living, closed):
        await shop.run_of(one.endpoint_id).execute_update("name_esim", {"name": NAME})
    await shop.run_of(closed.endpoint_id).execute_update("close", LifecycleOrder(reason="system"))
    await shop.run_of(closed.endpoint_id).result()
    nothing = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF", **theirs))
    await shop.reaches(nothing, "needs_attention")
    await nothing.cancel()
    with pytest.raises(WorkflowFailureError):
        await nothing.result()
    await listed(shop, traveler, 3)
    return {"living": living, "closed": closed}


async def listed(shop: Seller, traveler: str, count: int) -> None:
    async def are_listed() -> bool:
        ended = f"TravelerId = '{traveler}'"
        over = f"TaskQueue = '{shop.task_queue}' AND ExecutionStatus = 'Canceled'"
        found = [(await shop.client.count_workflows(query)).count for query in (ended, over)]
        return found[0] >= count and found[1] >= 1

    await eventually(are_listed)


async def test_nothing_personal_is_left_and_everything_that_was_sold_is(shop: Seller, terminal: Terminal) -> None:
    traveler = f"T-{shop.number}"
    sold = await history_of(shop, traveler)
    other = await shop.sell(shop.purchase(traveler_id="T-other", email="other@example.com"))
    living, closed = sold["living"], sold["closed"]
    before = await shop.subscription(living.endpoint_id)
    assert living.msisdn
    text = await kept(shop)
    assert EMAIL in text
    assert living.msisdn in text

    erased = await terminal.run("erase", "--traveler", traveler, "--yes", "--json")
    assert (erased.code, erased.document["left"]) == (0, [])
    [quarantined] = set(erased.document["esims"]) - {living.subscription_id, closed.subscription_id}
    assert len(erased.document["esims"]) == 3
    await forgets(shop, EMAIL, ZONE, NAME, living.msisdn, closed.msisdn)
    assert "other@example.com" in await kept(shop)

    after = await shop.subscription(living.endpoint_id)
    assert before.delivery
    mailed = before.delivery.model_copy(update={"to": None})
    assert before.name == NAME
    assert after == before.model_copy(update={"msisdn": None, "name": None, "delivery": mailed})
    assert (await shop.subscription(closed.endpoint_id)).status == "closed"

    async def is_quarantined_again() -> bool:
        run = shop.client.get_workflow_handle(quarantined)
        return (await run.describe()).status == WorkflowExecutionStatus.COMPLETED

    await eventually(is_quarantined_again)
    again = await shop.sell(shop.purchase(purchase_id=living.addon.purchase_id, traveler_id=traveler))
    assert again == living.model_copy(update={"msisdn": None, "delivery": {}})
    calls = shop.platform.calls["SubscribeAddon"]
    repeated = await shop.sell(shop.purchase(purchase_id=closed.addon.purchase_id, traveler_id=traveler))
    assert repeated.endpoint_id == closed.endpoint_id
    assert shop.platform.calls["SubscribeAddon"] == calls
    topped_up = await shop.run_of(living.endpoint_id).execute_update("purchase_addon", shop.addon(), result_type=Addon)
    assert topped_up.status == "provisioned"
    assert (await shop.subscription(other.endpoint_id)).msisdn == other.msisdn

    repeat = await terminal.run("erase", "--traveler", traveler, "--yes", "--json")
    assert (repeat.code, repeat.document["esims"], repeat.document["left"]) == (0, [], [])


async def test_with_the_id_the_traveler_is_nobody_any_more(client: Client, tmp_path: Path) -> None:
    record, report = tmp_path / "sales.csv", tmp_path / "report.json"
    async with seller(client) as shop, shop.working():
        traveler = f"T-{shop.number}"
        sold = await history_of(shop, traveler)
        terminal = Terminal(terminal_of(shop).variables | {"ESIM_SALES_RECORD": str(record)})
        await eventually(lambda: recorded(terminal, record, 4))
        command = ("erase", "--traveler", traveler, "--forget-id", "--yes", "--report", str(report))
        erased = await terminal.run(*command, "--json")
        assert (erased.code, erased.document["left"]) == (0, [])
        new_id = erased.document["replaced_by"]
        await forgets(shop, EMAIL, traveler)
        for esim in sold.values():
            assert (await shop.subscription(esim.endpoint_id)).traveler_id == new_id
        assert {entry.traveler_id for entry in SalesRecord(record).entries()} == {new_id}
        assert erased.document["recorded"] == 4
        assert traveler not in report.read_text()
        assert json.loads(report.read_text())["traveler_id"] == new_id
        calls = shop.platform.calls["SubscribeAddon"]
        for esim in sold.values():
            run = await shop.start(shop.purchase(purchase_id=esim.addon.purchase_id, traveler_id=traveler))
            with pytest.raises(WorkflowFailureError) as failure:
                await run.result()
            assert "was already sold" in str(failure.value.cause)
        assert shop.platform.calls["SubscribeAddon"] == calls
        assert len(await recorded_entries(terminal)) == 4  # the same, once, whoever it is


async def recorded(terminal: Terminal, record: Path, count: int) -> bool:
    assert (await terminal.run("export", "--append")).code == 0
    return len(SalesRecord(record).entries()) == count


async def recorded_entries(terminal: Terminal) -> list[SaleEntry]:
    listed = await terminal.run("export", "--json")
    entries = [SaleEntry.model_validate(sale) for sale in listed.document["sales"]]
    return [entry for entry in entries if entry.error != "InvalidRequest"]


async def test_what_is_under_way_is_left_and_said(client: Client) -> None:
    async with seller(client, esims=1) as shop, shop.working():
        traveler = f"T-{shop.number}"
        waiting = await shop.start(shop.purchase(traveler_id=traveler, plan_id="PLAN-UNHEARD-OF"))
        await shop.reaches(waiting, "needs_attention")
        held = await shop.client.get_workflow_handle(waiting.id).query("progress")
        terminal = terminal_of(shop)

        async def both_left() -> bool:
            left = await terminal.run("erase", "--traveler", traveler, "--yes", "--json")
            assert left.code == 1
            return {run["workflow_id"] for run in left.document["left"]} == {
                waiting.id,
                f"subscription-{held['endpoint_id']}",
            }

        await eventually(both_left)
        assert (await waiting.describe()).status
        people = await terminal.run("erase", "--traveler", traveler, "--yes")
        assert f"Left: {waiting.id}: it is under way: erase again once it is over" in people.output
        await waiting.cancel()


async def test_a_traveler_that_nobody_knows_is_no_error_and_who_is_asked_can_say_no(
    shop: Seller, terminal: Terminal
) -> None:
    unknown, unasked, refused, nonsense = await asyncio.gather(
        terminal.run("erase", "--traveler", "T-nobody", "--yes"),
        terminal.run("erase", "--traveler", "T-nobody"),
        terminal.answer("n", "erase", "--traveler", "T-nobody"),
        terminal.run("erase", "--traveler", "T-42' OR TravelerId != '", "--yes"),
    )
    assert (unknown.code, unasked.code, refused.code, nonsense.code) == (0, 2, 1, 2)
    assert "0 runs that are over are deleted" in unknown.output
    assert "takes --yes" in unasked.sentence


async def test_an_esim_that_is_being_sold_forgets_nothing(shop: Seller) -> None:
    waiting = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    progress = await shop.reaches(waiting, "needs_attention")
    assert progress.endpoint_id
    with pytest.raises(WorkflowUpdateFailedError):
        await shop.run_of(progress.endpoint_id).execute_update("forget", Erasure(traveler_id=None))
    await waiting.cancel()


async def test_no_esim_can_be_made_another_travelers(shop: Seller) -> None:
    esim = await shop.sell()
    before = await shop.run_of(esim.endpoint_id).describe()
    for traveler_id in ("T-attacker", "erased-", "erased-0123456789abcdeg", 7):
        with pytest.raises(WorkflowUpdateFailedError):
            await shop.run_of(esim.endpoint_id).execute_update("forget", {"traveler_id": traveler_id})
    assert (await shop.run_of(esim.endpoint_id).describe()).run_id == before.run_id
    assert (await shop.subscription(esim.endpoint_id)).traveler_id == esim.traveler_id


async def test_all_of_it_is_recorded_and_erased_where_everything_is_encrypted(client: Client, tmp_path: Path) -> None:
    record = tmp_path / "sales.jsonl"
    keyed: dict[str, Any] = {
        "esim_encryption_keys": key(1),
        "esim_require_encryption": True,
        "esim_sales_record": record,
    }
    async with seller(with_keys(client, ring(1)), esims=5, **keyed) as shop, shop.working():
        traveler = f"T-{shop.number}"
        sold = await history_of(shop, traveler)
        variables = {"ESIM_ENCRYPTION_KEYS": key(1), "ESIM_SALES_RECORD": str(record)}
        terminal = Terminal(terminal_of(shop).variables | variables)
        assert (await terminal.run("export", "--every", "24h")).code == 0

        async def is_recorded() -> bool:
            return len(SalesRecord(record).entries()) == 4

        await eventually(is_recorded)
        assert (await terminal.run("export", "--every", "never")).code == 0
        erased = await terminal.run("erase", "--traveler", traveler, "--forget-id", "--yes", "--json")
        assert (erased.code, erased.document["left"]) == (0, [])
        await forgets(shop, traveler)  # in plain text there is nothing else
        for esim in sold.values():
            assert (await shop.subscription(esim.endpoint_id)).traveler_id == erased.document["replaced_by"]
        state = await shop.run_of(sold["living"].endpoint_id).query("last_state", result_type=dict[str, Any])
        assert EMAIL not in json.dumps(state)
