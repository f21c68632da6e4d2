"""The command ``audit``."""

import csv
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client

from activities import audit
from tests.support.audits import planted, visible
from tests.support.encrypting_shop import encrypting_shop
from tests.support.encryption_keys import key
from tests.support.seller import PLAN, PRODUCT, Seller, eventually, seller
from tests.support.terminal import Terminal, terminal_of


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "PAUSE_SECONDS", 0.0)


@pytest.fixture
async def shop(client: Client) -> AsyncIterator[Seller]:
    async with seller(client, esims=10) as shop, shop.working():
        yield shop


async def test_each_finding_is_shown_with_the_command_that_puts_it_right_also_for_scripts_and_spreadsheets(
    shop: Seller, terminal: Terminal, tmp_path: Path
) -> None:
    none = await terminal.run("audit", "--last")
    assert (none.code, none.sentence.startswith("No audit has completed yet")) == (1, True)
    expected = await planted(shop)
    shown = await terminal.run("audit")
    assert shown.code == 1
    for kind, endpoint_id in expected.items():
        [line] = [line for line in shown.output.splitlines() if line.startswith(f"{kind} ") and endpoint_id in line]
        assert "starter.py" in line
    file = tmp_path / "findings.csv"

    async def newest() -> dict[str, str] | None:  # as visibility has it some moments later
        last = await terminal.run("audit", "--last", "--json", "--csv", str(file))
        return {one["kind"]: one["endpoint_id"] for one in last.document.get("findings", [])}

    assert await eventually(newest) == expected
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert {row["kind"]: row["endpoint_id"] for row in rows} == expected
    ended = next(row for row in rows if row["kind"] == "terminated")
    assert ended["command"] == f"starter.py restore subscription-{ended['endpoint_id']}"


async def test_what_was_found_is_put_right_after_asking_and_the_next_audit_finds_nothing(
    shop: Seller, terminal: Terminal
) -> None:
    expected = await planted(shop)
    kinds = set(expected) - {"unmatched"}
    refused = await terminal.run("audit", "--fix", "terminated")
    assert (refused.code, "it takes --yes" in refused.errors) == (2, True)
    no = await terminal.answer("n", "audit", "--fix", "active-without-owner")
    assert (no.code, "Nothing was put right" in no.errors) == (1, True)
    assert shop.platform.endpoint(expected["active_without_owner"]).status == "Active"
    for kind in sorted(kinds):
        done = await terminal.run("audit", "--fix", kind.replace("_", "-"), "--yes", "--json")
        assert done.code == 0, (kind, done)
        assert [one["about"] for one in done.document["put_right"]] == [expected[kind]]
    found = await terminal.run("audit", "--json")
    assert [one["kind"] for one in found.document["findings"]] == ["unmatched"]
    assert shop.platform.endpoint(expected["active_without_owner"]).status == "Suspended"
    assert shop.platform.endpoint(expected["owner_without_endpoint"]).status == "Active"


async def test_the_command_that_is_shown_puts_it_right(shop: Seller, terminal: Terminal) -> None:
    suspended_there, suspended_here = [(await shop.sell()).endpoint_id for _ in range(2)]
    assert (await terminal.run("suspend", suspended_here)).code == 0
    await visible(shop, suspended_there)
    await visible(shop, suspended_here, status="suspended")
    shop.platform.set_status(suspended_there, "Suspended")
    shop.platform.set_status(suspended_here, "Active")
    found = await terminal.run("audit", "--json")
    commands = [one["command"] for one in found.document["findings"]]
    assert len(commands) == 2
    for command in commands:
        assert (await terminal.run(*command.split()[1:])).code == 0
    assert shop.platform.endpoint(suspended_there).status == "Active"
    assert shop.platform.endpoint(suspended_here).status == "Suspended"


async def test_an_endpoint_that_is_somebodys_by_now_is_left_as_it_is(shop: Seller, terminal: Terminal) -> None:
    stranger = shop.platform.endpoints[-1].endpoint_id
    shop.platform.set_status(stranger, "Active")
    assert (await terminal.run("audit")).code == 1
    shop.platform.set_status(stranger, "Suspended")

    async def is_listed() -> bool:
        return (
            await terminal.run("audit", "--last", "--fix", "active-without-owner", "--only", "1", "--yes")
        ).code == 0

    await eventually(is_listed)
    fixed = await terminal.run("audit", "--last", "--fix", "active-without-owner", "--only", stranger, "--yes")
    assert (fixed.code, "is left as it is: it is Suspended at SFT" in fixed.output) == (1, True)


async def test_a_schedule_has_it_done_and_can_be_ended(shop: Seller, terminal: Terminal) -> None:
    name = f"audit-{shop.task_queue}"
    for every, seconds in (("24h", 86_400), ("30m", 1_800)):
        made = await terminal.run("audit", "--every", every)
        assert (made.code, name in made.output) == (0, True)
        schedule = (await shop.client.get_schedule_handle(name).describe()).schedule
        assert [interval.every.total_seconds() for interval in schedule.spec.intervals] == [seconds]
    await shop.client.get_schedule_handle(name).trigger()

    async def has_run() -> bool:
        return (await terminal.run("audit", "--last")).code == 0

    await eventually(has_run)
    for said in ("begins no audit", "There was no Schedule"):
        assert said in (await terminal.run("audit", "--every", "never")).output
    for wrong in ("5m", "1y", "", "24"):
        refused = await terminal.run("audit", "--every", wrong)
        assert (refused.code, "from 15m to 90d" in refused.sentence) == (2, True)


async def test_purchases_that_were_paid_for_and_never_began_are_found_and_begun(
    shop: Seller, terminal: Terminal, tmp_path: Path
) -> None:
    sold = await shop.sell()
    top_up = shop.addon()
    await shop.run_of(sold.endpoint_id).execute_update("purchase_addon", top_up)
    await visible(shop, sold.endpoint_id)
    new, addon = shop.purchase().purchase_id, shop.addon().purchase_id
    file = tmp_path / "paid.csv"
    file.write_text(
        "\ufeffpurchase_id;endpoint_id;product;traveler_id\n"
        f"{sold.addon.purchase_id};;{PRODUCT};T-42\n{new};;{PRODUCT};T-42\n"
        f"{top_up.purchase_id};{sold.endpoint_id};{PRODUCT};\n{addon};{sold.endpoint_id};{PRODUCT};\n"
    )
    found = await terminal.run("audit", "--paid", str(file), "--json")
    assert [one["purchase_id"] for one in found.document["findings"]] == [new, addon]
    begun = await terminal.run("audit", "--paid", str(file), "--fix", "never-begun", "--yes")
    assert begun.code == 0, begun
    assert (await terminal.run("audit", "--paid", str(file))).code == 0
    assert len((await shop.subscription(sold.endpoint_id)).addons) == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the first line has to name the columns"),
        ("id\nP-1\n", "the first line has to name the columns"),
        ("purchase_id\nP-1\nP 2\n", "line 3: purchase_id 'P 2'"),
        ("purchase_id,endpoint_id\nP-1,' OR 1=1\n", "line 2: endpoint_id"),
    ],
)
async def test_a_list_that_cannot_be_read_is_refused_in_a_sentence(
    terminal: Terminal, tmp_path: Path, text: str, says: str
) -> None:
    file = tmp_path / "paid.csv"
    file.write_text(text)
    refused = await terminal.run("audit", "--paid", str(file))
    assert (refused.code, says in refused.sentence) == (2, True)


async def test_what_is_encrypted_is_found_by_a_schedule_too(client: Client) -> None:
    async with encrypting_shop(client) as shop, shop.working():
        sold = await shop.sell()
        shop.platform.add_foreign_addon(sold.endpoint_id, PLAN)
        await shop.run_of(sold.endpoint_id).execute_update("refresh_usage")
        await visible(shop, sold.endpoint_id)
        terminal = Terminal(terminal_of(shop).variables | {"ESIM_ENCRYPTION_KEYS": key(1)})
        assert (await terminal.run("audit", "--every", "24h")).code == 0
        schedule = shop.client.get_schedule_handle(f"audit-{shop.task_queue}")
        await schedule.trigger()

        async def found() -> list[str]:
            last = await terminal.run("audit", "--last", "--json")
            return [one["kind"] for one in last.document.get("findings", [])]

        assert await eventually(found) == ["unmatched"]
        await schedule.delete()
