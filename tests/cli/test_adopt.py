"""starter.py adopt: a file of eSIMs that were sold elsewhere, taken over, and once more, and what is wrong in it."""

import csv
import signal
from pathlib import Path

import pytest
from temporalio.client import Client

from tests.support.adoption import changed, sold_elsewhere
from tests.support.seller import Seller, seller
from tests.support.terminal import Terminal, terminal_of
from tests.support.waiting import until
from tools.simulator.fault import Fault

HEADER = "endpoint_id,iccid,traveler_id,email,purchase_id,product,unique_id"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "esims.csv"


def written(
    file: Path, *lines: str, header: str = "endpoint_id,iccid,traveler_id,email,purchase_id,product,unique_id"
) -> str:
    file.write_text("\n".join([header, *lines]))
    return str(file)


async def test_a_file_is_taken_over_and_a_second_time_changes_nothing(
    shop: Seller, terminal: Terminal, file: Path
) -> None:
    shop.platform.add_esims(1)
    one, suspended, two_addons, stock = shop.platform.endpoints
    sold_elsewhere(shop, 0)
    sold_elsewhere(shop, 1, 0, "Suspended")
    sold_elsewhere(shop, 2, 2)
    number, third = next(shop.numbers), two_addons.addons[0].unique_id
    name = written(
        file,
        f"{one.endpoint_id},,T-1,t@example.com,P-{number},Wakanda of old,{one.addons[0].unique_id}",
        f",{suspended.iccid},T-2",
        f"{two_addons.endpoint_id},{two_addons.iccid},T-3,,P-{number}-b,Wakanda of old,{third}",
        f"{stock.endpoint_id},,T-4",
        "8.9E+18,,T-5",
    )
    tried = await terminal.run("adopt", name, "--dry-run", "--json")
    assert (tried.code, tried.document["adopted"], tried.document["addons"]) == (1, 3, 2)
    assert tried.document["unmatched"] == {two_addons.endpoint_id: [two_addons.addons[1].unique_id]}
    assert [one["line"] for one in tried.document["not_taken"]] == [5, 6]
    done = await terminal.run("adopt", name)
    assert (done.code, "3 eSIMs, with 2 add-ons" in done.output) == (1, True)
    assert "it is in stock, and was never sold" in " ".join(done.output.split())
    statuses = [(await shop.subscription(esim.endpoint_id)).status for esim in (one, suspended, two_addons)]
    assert statuses == ["active", "suspended", "active"]
    calls = shop.platform.calls["GetEndPointProfile"]
    again = await terminal.run("adopt", name, "--json")
    assert (again.document["adopted"], again.document["known"]) == (0, 3)
    assert shop.platform.calls["GetEndPointProfile"] == calls + 1  # the one in stock
    assert changed(shop) == 0


async def test_what_was_not_taken_is_a_file_to_correct_and_take(
    shop: Seller, terminal: Terminal, file: Path, tmp_path: Path
) -> None:
    endpoint, report = sold_elsewhere(shop, addons=1), tmp_path / "left.csv"
    addon = f"P-{next(shop.numbers)};Wüste;{endpoint.addons[0].unique_id}"
    header = "Traveler ID;End Point Id;purchase_id;product;unique_id"
    name = written(file, f"T 1;{endpoint.endpoint_id};{addon}", header=header)
    assert (await terminal.run("adopt", name, "--report", str(report))).code == 1
    (row,) = csv.DictReader(report.read_text("utf-8-sig").splitlines())
    assert (row["line"], row["endpoint_id"], row["product"]) == ("2", endpoint.endpoint_id, "Wüste")
    assert "traveler_id 'T 1' cannot be one" in row["why"]
    assert report.stat().st_mode & 0o777 == 0o600
    assert (await terminal.run("adopt", str(report), "--report", str(report))).code == 2
    report.write_text(report.read_text().replace("T 1", "T-1"))
    assert (await terminal.run("adopt", str(report))).code == 0
    assert (await shop.subscription(endpoint.endpoint_id)).addons[0].product == "Wüste"


async def test_an_addon_that_has_ended_is_told_and_one_that_nobody_named_gets_an_id(
    shop: Seller, terminal: Terminal, file: Path
) -> None:
    endpoint = sold_elsewhere(shop, addons=0)
    ended = f"{endpoint.endpoint_id},,T-1,,P-{next(shop.numbers)},Wakanda of old,999"
    other = sold_elsewhere(shop, 1)
    done = await terminal.run("adopt", written(file, ended, f"{other.endpoint_id},,T-1"), "--name-unmatched", "--json")
    assert (done.code, done.document["adopted"], done.document["addons"], done.document["unmatched"]) == (1, 2, 1, {})
    (left,) = done.document["not_taken"]
    assert (left["line"], "the eSIM is taken over without it" in left["why"]) == (2, True)
    assert (await shop.subscription(other.endpoint_id)).addons[0].purchase_id.startswith("adopted-addon-")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (
            ["endpoint_id,iccid,email", "4000001,,"],
            "needs the columns traveler_id and endpoint_id or iccid, and has end",
        ),
        (["a,b", "1,2"], "has none of the columns"),
        ([], "is empty"),
    ],
    ids=str,
)
async def test_a_file_that_is_none_is_refused_before_anything_is_done(
    terminal: Terminal, file: Path, lines: list[str], says: str
) -> None:
    refused = await terminal.run("adopt", written(file, *lines[1:], header="".join(lines[:1])))
    assert (refused.code, says in refused.sentence) == (2, True), refused.errors


async def test_whoever_interrupts_it_can_go_on(shop: Seller, terminal: Terminal, file: Path, tmp_path: Path) -> None:
    shop.platform.add_esims(30)
    esims = [sold_elsewhere(shop, number, 0) for number in range(33)]
    report = tmp_path / "left.csv"
    name = written(file, *(f"{esim.endpoint_id},,T-1" for esim in esims))
    shop.platform.order(*[Fault(call="GetEndPointProfile", kind="delay", delay_seconds=1.5) for _ in range(33)])
    process = await terminal.start("adopt", name, "--report", str(report))
    await until(lambda: shop.platform.calls["fetchSIM"] > 0, 60)
    process.send_signal(signal.SIGINT)
    output, _ = await process.communicate()
    assert process.returncode == 130
    assert "the same command goes on" in output.decode()
    assert report.exists()
    done = await terminal.run("adopt", name, "--json")
    assert (done.code, done.document["adopted"] + done.document["known"]) == (0, 33)
    assert changed(shop) == 0


async def test_what_is_taken_over_is_found_like_what_was_sold_and_a_code_that_is_not_known_is_not_shown(
    shop: Seller, terminal: Terminal, file: Path
) -> None:
    endpoint, traveler = sold_elsewhere(shop, addons=0), f"T-{next(shop.numbers)}"
    shop.platform.order(Fault(call="fetchSIM", kind="missing_field", field="activationCode"))
    assert (await terminal.run("adopt", written(file, f"{endpoint.endpoint_id},,{traveler}"))).code == 0
    purchase_id = f"adopted-esim-{endpoint.endpoint_id}"
    assert (await terminal.run("status", purchase_id, "--json")).document["step"] == "completed"
    (found,) = (await terminal.run("list", "--traveler", traveler, "--json")).document["subscriptions"]
    assert (found["endpoint_id"], found["status"]) == (endpoint.endpoint_id, "active")
    code = await terminal.run("qr", purchase_id)
    assert (code.code, "is not known: it was taken over, and SFT told none" in code.sentence) == (1, True)
    sold = await terminal.run("provision", "Wakanda Daily", "--purchase-id", purchase_id)
    assert (sold.code, "was already sold, as Taken over" in sold.sentence) == (2, True)
    assert changed(shop) == 0


async def test_without_a_worker_it_says_so(client: Client, file: Path) -> None:
    async with seller(client) as shop:
        silent = await terminal_of(shop).run("adopt", written(file, "4000001,,T-1"))
    assert (silent.code, "worker" in silent.sentence) == (1, True)
