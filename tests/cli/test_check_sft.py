"""``starter.py check-sft``: what it prints, what it asks, and what it never does."""

import json
import os
import re
import signal
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path

import pytest
from temporalio.client import Client

from tests.support.ports import free_port
from tests.support.seller import Seller, seller
from tests.support.telling import long_but
from tests.support.terminal import Terminal, terminal_of
from tests.support.waiting import until
from tools.simulator.endpoint import Endpoint
from tools.simulator.platform import Platform
from tools.simulator.server import serving

READING = {"login", "fetchSIM", "GetEndPointProfile", "QueryRatePlan"}


@pytest.fixture
async def variables(base_url: str) -> dict[str, str]:
    return {
        "SFT_BASE_URL": base_url,
        "SFT_USERNAME": "demo",
        "SFT_PASSWORD": "demo-password",
        "SFT_SETTLE_SECONDS": "2",
        "TEMPORAL_ADDRESS": f"127.0.0.1:{free_port()}",
    }


@pytest.fixture
def terminal(variables: dict[str, str]) -> Terminal:
    return Terminal(variables)


async def test_it_prints_a_table_only_reads_and_shows_nobody(terminal: Terminal, platform: Platform) -> None:
    checked = await terminal.run("check-sft")
    assert (checked.code, checked.errors) == (0, "")
    assert re.search(r"holds +a GET that succeeds has the outer code 0", checked.output)
    assert "→ takes --with-one-esim" in checked.output
    assert set(platform.calls) == READING
    assert platform.calls["login"] == 1
    for endpoint in platform.endpoints:
        assert endpoint.history == []
        for secret in (endpoint.iccid, endpoint.eid, endpoint.imsi, endpoint.msisdn, endpoint.matching_id):
            assert secret is None or secret not in checked.output
    assert platform.endpoints[0].iccid[-4:] in checked.output
    assert "demo-password" not in checked.output


async def test_what_does_not_hold_comes_first_with_what_to_change_and_an_exit_code(variables: dict[str, str]) -> None:
    async with serving(Platform(habits=["other_services"])) as base_url:
        checked = await Terminal(variables | {"SFT_BASE_URL": base_url}).run("check-sft", "--json")
    assert checked.code == 1
    first = checked.document["findings"][0]
    assert (first["verdict"], first["assumption"]) == ("does not hold", "rows")
    assert "VOICE" in first["seen"]
    assert first["change"] == "PlanInstance, Benefit in sft/models.py"
    assert {finding["verdict"] for finding in checked.document["findings"]} == {"does not hold", "holds", "not seen"}


async def test_the_life_of_one_esim_is_timed_and_ends_suspended(terminal: Terminal, platform: Platform) -> None:
    checked = await terminal.run("check-sft", "--with-one-esim", "--yes", "--json")
    assert checked.code == 0
    steps = [step["step"] for step in checked.document["steps"]]
    assert [step for step in steps if not step.startswith("look")] == ["activate", "subscribe", "remove", "suspend"]
    assert all(step["seconds"] >= 0 for step in checked.document["steps"])
    assert any("Temporal could not be asked" in note for note in checked.document["notes"])
    *others, taken = platform.endpoints
    assert [change.value for change in taken.history if change.change == "status"] == ["Active", "Suspended"]
    assert (len(taken.removed_addons), taken.addons) == (1, [])
    assert all(endpoint.history == [] for endpoint in others)


async def test_it_asks_first_and_says_what_it_costs(terminal: Terminal, platform: Platform) -> None:
    nobody = await terminal.run("check-sft", "--with-one-esim")
    assert (nobody.code, nobody.sentence) == (
        2,
        "InvalidRequest: Taking an eSIM is for good: where nobody can be asked, it takes --yes",
    )
    refused = await terminal.answer("n", "check-sft", "--with-one-esim")
    assert refused.code == 1
    assert "Activate endpoint 4000003, subscribe Wakanda 30Days / 30GB" in refused.errors
    assert "It costs the activation, a month and the add-on" in refused.errors
    assert "Temporal could not be asked" in refused.errors
    assert refused.errors.endswith("Nothing was taken\n")
    assert set(platform.calls) <= READING
    agreed = await terminal.answer("y", "check-sft", "--with-one-esim", "--product", "Wakanda Daily")
    assert agreed.code == 0
    assert "subscribe Wakanda Daily (PLAN-WAKANDA-DAILY)" in agreed.errors
    assert platform.endpoints[-1].removed_addons[0].plan.plan_id == "PLAN-WAKANDA-DAILY"


async def test_no_esim_is_taken_while_workers_could_sell_it(shop: Seller) -> None:
    variables = terminal_of(shop).variables | {
        "SFT_BASE_URL": shop.base_url,
        "SFT_USERNAME": "demo",
        "SFT_PASSWORD": "demo-password",
    }
    refused = await Terminal(variables).run("check-sft", "--with-one-esim", "--yes")
    assert refused.code == 1
    assert f"Workers poll the task queue {shop.task_queue}" in refused.sentence
    assert all(endpoint.history == [] for endpoint in shop.platform.endpoints)


async def test_an_esim_that_a_subscription_holds_is_not_taken(client: Client) -> None:
    async with seller(client, esims=2) as shop:
        async with shop.working():
            sold = await shop.sell()
        held = shop.platform.endpoint(sold.endpoint_id)
        # As SFT would list it if its own word for the state were not to be relied on.
        shop.platform.set_status(sold.endpoint_id, "Pre-Active")
        [free] = [endpoint for endpoint in shop.platform.endpoints if endpoint.endpoint_id != sold.endpoint_id]
        history = len(held.history)
        variables = terminal_of(shop).variables | {
            "SFT_BASE_URL": shop.base_url,
            "SFT_USERNAME": "demo",
            "SFT_PASSWORD": "demo-password",
            "ESIM_TASK_QUEUE": f"{shop.task_queue}-nobody-polls",
        }
        taken = await Terminal(variables).run("check-sft", "--with-one-esim", "--yes", "--json")
        assert taken.code == 0
        assert any("no subscription holds this eSIM" in note for note in taken.document["notes"])
        assert (len(held.history), free.status) == (history, "Suspended")
        shop.platform.set_status(free.endpoint_id, "Active")
        none = await Terminal(variables).run("check-sft", "--with-one-esim", "--yes")
        assert "A subscription holds each eSIM" in none.sentence


DONE: Mapping[str, Callable[[Endpoint], bool]] = {
    "activate": lambda endpoint: endpoint.status == "Active",
    "subscribe": lambda endpoint: bool(endpoint.addons),
    "remove": lambda endpoint: bool(endpoint.removed_addons),
}
"""What SFT has done by the time at which the check is stopped, before it has the answer."""


@pytest.mark.parametrize(
    ("step", "number"), long_but([("subscribe", signal.SIGINT)], product(DONE, [signal.SIGINT, signal.SIGTERM]))
)
async def test_whoever_stops_it_finds_the_esim_suspended(variables: dict[str, str], step: str, number: int) -> None:
    platform = Platform(esims=1, latency_ms=300)
    [endpoint] = platform.endpoints
    async with serving(platform) as base_url:
        stopped = Terminal(variables | {"SFT_BASE_URL": base_url})
        process = await stopped.start("check-sft", "--with-one-esim", "--yes")
        await until(lambda: DONE[step](endpoint), seconds=30)
        os.kill(process.pid, number)
        output, errors = await process.communicate()
    assert process.returncode == 130
    assert (errors, "undoing what was begun first" in output.decode()) == (b"", True)
    assert (endpoint.status, endpoint.addons) == ("Suspended", [])


async def test_a_transcript_keeps_every_exchange_and_no_secret(
    terminal: Terminal, platform: Platform, tmp_path: Path
) -> None:
    file = tmp_path / "first-contact.jsonl"
    await terminal.run("check-sft", "--with-one-esim", "--yes", "--transcript", str(file))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["call"] for line in lines] == [entry.call for entry in platform.log]
    assert "demo-password" not in file.read_text()
    for endpoint in platform.endpoints:
        assert endpoint.iccid not in file.read_text()
        assert endpoint.matching_id not in file.read_text()
    nowhere = await terminal.run("check-sft", "--transcript", str(tmp_path / "no" / "file"))
    assert (nowhere.code, "cannot be written" in nowhere.sentence) == (2, True)
