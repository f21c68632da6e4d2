"""One order for many eSIMs, from a terminal."""

import asyncio
import csv
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client

from contract.order import LifecycleOrder
from tests.support.seller import PRODUCT, Seller, eventually, seller
from tests.support.sold_before import sold_before
from tests.support.terminal import Terminal, terminal_of
from tests.support.waiting import until

MANY = 12


@pytest.fixture
async def shop(client: Client) -> AsyncIterator[Seller]:
    async with seller(client, esims=MANY + 2) as shop, shop.working():
        yield shop


async def sold(shop: Seller, count: int = MANY) -> tuple[str, list[str]]:
    """A traveler of the test's own with so many eSIMs, which visibility knows."""
    traveler = f"T-{shop.number}"
    endpoint_ids = await sold_before(shop, traveler, count)
    await seen(shop, f"TravelerId = '{traveler}'", count)
    return traveler, endpoint_ids


async def seen(shop: Seller, query: str, count: int) -> None:
    async def look() -> bool:
        return (await shop.client.count_workflows(f"{query} AND ExecutionStatus != 'ContinuedAsNew'")).count == count

    await eventually(look)


def statuses(shop: Seller, endpoint_ids: list[str]) -> set[str]:
    return {shop.platform.endpoint(endpoint_id).status for endpoint_id in endpoint_ids}


async def test_all_esims_of_a_traveler_are_suspended_resumed_and_closed(shop: Seller, terminal: Terminal) -> None:
    traveler, mine = await sold(shop)
    others = await sold_before(shop, f"{traveler}-other", 1, first=MANY)
    done = await terminal.run(
        "suspend", "--traveler", traveler, "--reason", "non-payment", "--by", "anna", "--yes", "--per-second", "100"
    )
    assert done.code == 0, done
    assert f"suspend: {MANY} eSIMs of {traveler} ({MANY})" in done.output
    assert "and 7 more" in done.output
    assert (statuses(shop, mine), statuses(shop, others)) == ({"Suspended"}, {"Active"})
    [order] = (await shop.subscription(mine[0])).orders
    assert (order.order, order.reason, order.ordered_by) == ("suspend", "non_payment", "anna")
    await seen(shop, f"TravelerId = '{traveler}' AND SubscriptionStatus = 'suspended'", MANY)

    calls = shop.platform.calls.total()
    again = await terminal.run("suspend", "--traveler", traveler, "--yes", "--json")
    assert (again.code, again.document["already"], again.document["done"]) == (0, MANY, 0)
    assert shop.platform.calls.total() == calls
    query = f"TravelerId = '{traveler}' AND SubscriptionStatus = 'suspended'"
    resumed = await terminal.run("resume", "--query", query, "--yes", "--per-second", "100", "--json")
    assert (resumed.code, resumed.document["done"], resumed.document["failed"]) == (0, MANY, [])
    assert statuses(shop, mine) == {"Active"}
    closed = await terminal.run("close", "--traveler", traveler, "--yes", "--per-second", "100", "--json")
    assert (closed.code, closed.document["done"]) == (0, MANY)
    assert (statuses(shop, mine), statuses(shop, others)) == ({"Suspended"}, {"Active"})


async def test_nothing_is_done_unless_somebody_says_yes(shop: Seller, terminal: Terminal) -> None:
    traveler, mine = await sold(shop, 3)
    nobody = await terminal.run("suspend", "--traveler", traveler)
    assert (nobody.code, "it takes --yes" in nobody.sentence) == (2, True)
    refused = await terminal.answer("n", "suspend", "--traveler", traveler)
    assert refused.code == 1
    assert "Suspend 3 eSIMs? [y/N]" in refused.output + refused.errors
    assert "Nothing was changed" in refused.output + refused.errors
    assert statuses(shop, mine) == {"Active"}
    assert shop.platform.calls["EndPointLifeCycleChange"] == 0


async def test_what_is_interrupted_is_gone_on_with_and_nothing_is_done_twice(shop: Seller, terminal: Terminal) -> None:
    traveler, mine = await sold(shop)
    command = ("suspend", "--traveler", traveler, "--yes", "--json")
    process = await terminal.start(*command, "--per-second", "4")
    await until(lambda: shop.platform.calls["EndPointLifeCycleChange"] >= 3)
    process.send_signal(signal.SIGINT)
    output, _ = await process.communicate()
    report = json.loads(output)
    assert process.returncode == 130
    assert report["is_interrupted"]
    assert 0 < report["not_begun"] < MANY
    assert report["done"] + report["going_on"] + report["not_begun"] == MANY

    rest = await terminal.run(*command, "--per-second", "100")
    assert (rest.code, rest.document["failed"], rest.document["not_begun"]) == (0, [], 0)
    assert statuses(shop, mine) == {"Suspended"}
    assert shop.platform.calls["EndPointLifeCycleChange"] == MANY


@pytest.mark.parametrize("count", [60, pytest.param(400, marks=pytest.mark.many)])
async def test_sales_go_on_while_many_are_suspended(client: Client, count: int) -> None:
    sales = 3
    async with seller(client, esims=count + 2 * sales, sft_max_requests_per_second=50) as shop, shop.working():
        traveler, mine = await sold(shop, count)
        command = ("suspend", "--traveler", traveler, "--yes", "--json")
        slowly = await terminal_of(shop).start(*command, "--per-second", "3")
        await until(lambda: shop.platform.calls["EndPointLifeCycleChange"] >= 3)
        for _ in range(sales):
            await shop.sell()
        assert "Active" in statuses(shop, mine)
        slowly.send_signal(signal.SIGINT)
        output, _ = await slowly.communicate()
        assert json.loads(output)["not_begun"] > 0

        rest = asyncio.create_task(terminal_of(shop).run(*command, "--per-second", "1000"))
        for _ in range(sales):
            await shop.sell()
        quickly = await rest
        assert (quickly.code, quickly.document["failed"]) == (0, [])
        assert statuses(shop, mine) == {"Suspended"}
        assert shop.platform.calls["EndPointLifeCycleChange"] == count + 2 * sales


async def test_what_cannot_be_done_is_told_by_its_line_and_written_so_that_it_can_be_given_again(
    shop: Seller, terminal: Terminal, tmp_path: Path
) -> None:
    _, mine = await sold(shop, 4)
    await shop.run_of(mine[1]).execute_update("close", LifecycleOrder(reason="system"))
    await shop.run_of(mine[1]).result()
    await seen(shop, f"EndpointId = '{mine[1]}' AND SubscriptionStatus = 'closed'", 1)
    await shop.run_of(mine[2]).terminate()
    await seen(shop, f"EndpointId = '{mine[2]}' AND ExecutionStatus = 'Terminated'", 1)
    file, failures = tmp_path / "esims.csv", tmp_path / "failed.csv"
    file.write_text("\ufeffendpoint_id;note\r\n" + "".join(f"{one};x\r\n" for one in [*mine, "999"]))
    done = await terminal.run("suspend", "--file", str(file), "--yes", "--failures", str(failures))
    assert done.code == 1
    assert f"line 3: subscription-{mine[1]} is closed" in done.output
    assert "line 6: The Temporal server knows of no eSIM 999" in done.output
    with failures.open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [(row["line"], row["endpoint_id"], row["type"]) for row in sorted(rows, key=lambda row: row["line"])] == [
        ("3", mine[1], "InvalidRequest"),
        ("4", mine[2], "Terminated"),
        ("6", "999", "NotFound"),
    ]
    assert statuses(shop, [mine[0], mine[3]]) == {"Suspended"}
    again = await terminal.run("suspend", "--file", str(failures), "--yes", "--json", "--failures", str(failures))
    assert (again.code, again.document["error"]["type"]) == (2, "NotWritten")
    again = await terminal.run("suspend", "--file", str(failures), "--yes", "--json")
    assert (again.code, again.document["selected"], len(again.document["failed"])) == (1, 3, 3)


async def test_a_file_with_wrong_lines_changes_nothing(shop: Seller, terminal: Terminal, tmp_path: Path) -> None:
    _, mine = await sold(shop, 2)
    file = tmp_path / "esims.csv"
    file.write_text(f"endpoint_id,purchase_id,product\n{mine[0]},P-1,Nonsense\n{mine[1]},,\n")
    wrong = await terminal.run("buy-addon", "--file", str(file), "--yes")
    assert wrong.code == 2
    assert "line 2: The catalog has no product 'Nonsense'" in wrong.sentence
    assert "line 3: it has no product" in wrong.sentence
    file.write_text(f"{mine[0]}\n{mine[0]}\n")
    wrong = await terminal.run("suspend", "--file", str(file), "--yes")
    assert (wrong.code, f"line 2: eSIM {mine[0]} stands in line 1, too" in wrong.sentence) == (2, True)
    assert shop.platform.calls.total() == 0


async def test_each_is_bought_once_however_often_it_is_ordered_and_taken_off_again(
    shop: Seller, terminal: Terminal, tmp_path: Path
) -> None:
    traveler, mine = await sold(shop, 4)
    command = ("buy-addon", "--traveler", traveler, PRODUCT, "--purchase-prefix", "gift", "--yes", "--json")
    first, second = await asyncio.gather(terminal.run(*command), terminal.run(*command))
    assert (first.code, second.code) == (0, 0), (first, second)
    again = await terminal.run(*command)
    assert (again.code, again.document["already"]) == (0, 4)
    for one in mine:
        assert len(shop.platform.endpoint(one).addons) == 1
        assert f"gift-{one}" in [addon.purchase_id for addon in (await shop.subscription(one)).addons]
    file = tmp_path / "removals.csv"
    file.write_text("endpoint_id,purchase_id\n" + "".join(f"{one},gift-{one}\n" for one in mine))
    removal = ("remove-addon", "--file", str(file), "--reason", "by mistake", "--by", "anna", "--yes", "--json")
    off = await terminal.run(*removal)
    assert (off.code, off.document["done"]) == (0, 4), off
    assert [shop.platform.endpoint(one).addons for one in mine] == [[]] * 4
    off = await terminal.run(*removal)
    assert (off.code, off.document["already"]) == (0, 4)
    again = await terminal.run(*command)
    assert (again.code, "taken off again" in again.document["failed"][0]["reason"]) == (1, True)
    assert {turn async for turn in turns(shop, mine[0]) if turn[0] != "watch_usage"} == {
        ("look_at_endpoint", 5, traveler),
        ("provision_addon", 5, traveler),
        ("read_usage", 5, "bulk"),
        ("remove_addon", 5, "bulk"),
    }


async def turns(shop: Seller, endpoint_id: str) -> AsyncIterator[tuple[str, int, str]]:
    """The activities of an eSIM, each with the priority and the fairness key that it was scheduled with."""
    async for event in shop.run_of(endpoint_id).fetch_history_events():
        if event.HasField("activity_task_scheduled_event_attributes"):
            scheduled = event.activity_task_scheduled_event_attributes
            yield scheduled.activity_type.name, scheduled.priority.priority_key, scheduled.priority.fairness_key


async def test_all_addons_of_a_product_are_taken_off(shop: Seller, terminal: Terminal) -> None:
    traveler, mine = await sold(shop, 2)
    for one in (mine[0], mine[0], mine[1]):
        await shop.run_of(one).execute_update("purchase_addon", shop.addon())
    command = ("remove-addon", "--traveler", traveler, "--product", PRODUCT, "--reason", "wrong plan", "--yes")
    done = await terminal.run(*command, "--json")
    assert (done.code, done.document["done"]) == (0, 2), done
    assert [shop.platform.endpoint(one).addons for one in mine] == [[], []]
    assert {addon.status for one in mine for addon in (await shop.subscription(one)).addons} == {"removed"}


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("suspend",), "Give one of SUBSCRIPTION"),
        (("suspend", "4711", "--traveler", "T-1"), "Give one of SUBSCRIPTION"),
        (("close", "--traveler", "T-1", "--query", "x"), "Give one of SUBSCRIPTION"),
        (("resume", "4711", "--per-second", "3"), "--per-second is for many eSIMs"),
        (("suspend", "--traveler", "T-1' OR TravelerId != '"), "traveler_id"),
        (("suspend", "--query", " "), "--query is empty"),
        (("suspend", "--traveler", "T-1", "--reseller", "a b"), "reseller 'a b'"),
        (("suspend", "--query", "SubscriptionStatus ="), "does not take this query"),
        (("buy-addon", "4711"), "Missing argument 'PRODUCT'"),
        (("buy-addon", "--traveler", "T-1", PRODUCT), "take a PRODUCT and --purchase-prefix"),
        (("buy-addon", "--traveler", "T-1", "Nonsense", "--purchase-prefix", "x"), "no product 'Nonsense'"),
        (("buy-addon", "--traveler", "T-1", PRODUCT, "--purchase-id", "P-1"), "are for one eSIM"),
        (("remove-addon", "--traveler", "T-1", "--reason", "x"), "Many removals take --product"),
        (("remove-addon", "4711", "--reason", "x"), "One removal takes --purchase"),
    ],
)
async def test_what_makes_no_sense_is_refused_in_a_sentence(
    open_shop: Seller, command: tuple[str, ...], why: str
) -> None:
    done = await terminal_of(open_shop).run(*command, "--yes")
    assert (done.code, why in done.sentence) == (2, True), done


async def test_a_traveler_without_esims_is_nothing_to_ask_about(open_shop: Seller) -> None:
    done = await terminal_of(open_shop).run("suspend", "--traveler", "T-nobody")
    assert (done.code, "suspend: 0 eSIMs" in done.output) == (0, True)
