"""worker.py as a process of its own: how it starts, how it stops, and what becomes of its work if it dies."""

import asyncio
import signal
import time
from pathlib import Path

import pytest
from temporalio.client import Client

from process.settings import read_settings
from tests.support.seller import PLAN, Seller, eventually, seller
from tests.support.settings import set_environment
from tests.support.worker_process import ended_worker, worker_process
from tools.simulator.fault import Fault
from worker import WorkerSettings

URL = "https://shop:hunter2@portal.example.com/hush"
SECRET = "whsec_" + "correct0horse0battery0staple" * 2
MAIL = {"SMTP_URL": "smtp://127.0.0.1:1025", "EMAIL_FROM": "esim@shop.example"}


async def test_without_credentials_the_worker_names_each_missing_variable() -> None:
    ended = await ended_worker()
    assert ended.code == 1
    lines = ended.errors.splitlines()
    assert len(lines) == 2
    assert "SFT_USERNAME" in lines[0]
    assert "SFT_PASSWORD" in lines[1]


SENSELESS = {
    "SFT_BASE_URL": "sft",
    "SFT_TIMEOUT_SECONDS": "soon",
    "SFT_SLOW_TIMEOUT_SECONDS": "100000",
    "SFT_SETTLE_SECONDS": "-1",
    "SFT_MAX_REQUESTS_PER_SECOND": "0",
    "SFT_ACTIVATION_CALL": "Activate",
    "ESIM_SHUTDOWN_GRACE_SECONDS": "x",
}


async def test_every_setting_that_makes_no_sense_is_named_with_its_value() -> None:
    ended = await ended_worker(SFT_USERNAME="demo", SFT_PASSWORD="demo-password", **SENSELESS)
    assert ended.code == 1
    lines = ended.errors.splitlines()
    assert len(lines) == len(SENSELESS)
    for line, (variable, value) in zip(lines, SENSELESS.items(), strict=True):
        assert variable in line
        assert value in line


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"SMTP_URL": "mail.example.com:hunter2"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://hunter2@mail.example.com"}, "EMAIL_FROM"),
        ({"SMTP_URL": "smtp://x:hunter2@mail.example.com", "EMAIL_FROM": "nobody"}, "EMAIL_FROM"),
    ],
)
async def test_mail_settings_are_checked_without_repeating_a_secret(variables: dict[str, str], says: str) -> None:
    ended = await ended_worker(SFT_USERNAME="demo", SFT_PASSWORD="demo-password", **variables)
    assert ended.code == 1
    [line] = ended.errors.splitlines()
    assert says in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("variables", "channels"),
    [
        ({}, []),
        ({"PORTAL_WEBHOOK_URL": "", "PORTAL_WEBHOOK_SECRET": ""}, []),
        ({"PORTAL_WEBHOOK_URL": URL, "PORTAL_WEBHOOK_SECRET": SECRET}, ["portal"]),
        (MAIL, ["email"]),
        (MAIL | {"PORTAL_WEBHOOK_URL": URL, "PORTAL_WEBHOOK_SECRET": SECRET}, ["portal", "email"]),
    ],
)
def test_what_is_configured_is_a_channel(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], channels: list[str]
) -> None:
    set_environment(monkeypatch, variables)
    settings = read_settings(WorkerSettings)
    assert settings.channels() == channels
    assert (settings.webhook() is not None) == ("portal" in channels)
    assert "hunter2" not in repr(settings)


async def test_without_a_temporal_server_the_worker_says_so_within_5_seconds() -> None:
    began = time.monotonic()
    ended = await ended_worker(SFT_USERNAME="demo", SFT_PASSWORD="demo-password", TEMPORAL_ADDRESS="127.0.0.1:1")
    assert ended.code == 1
    [line] = ended.errors.splitlines()
    assert "127.0.0.1:1" in line
    assert time.monotonic() - began < 5 + 5  # starting Python counts, too


async def test_a_worker_names_the_plans_of_its_catalog_that_the_account_lacks_and_works_nonetheless(
    client: Client, tmp_path: Path
) -> None:
    catalog = tmp_path / "catalog.toml"
    catalog.write_text(f'[products]\n"There" = "{PLAN}"\n"Not there" = "PLAN-NOBODY-HAS"\n')
    async with seller(client) as shop, worker_process(shop, ESIM_CATALOG=str(catalog)) as worker:
        assert (await asyncio.wait_for((await shop.start()).result(), 100)).endpoint_id
        await eventually_called(shop, "QueryRatePlan")
        worker.send_signal(signal.SIGTERM)
        _, log = await asyncio.wait_for(worker.communicate(), 100)
    [warning] = [line for line in log.decode().splitlines() if "QueryRatePlan" in line and "WARNING" in line]
    assert "does not list PLAN-NOBODY-HAS of the catalog" in warning
    assert PLAN not in warning


@pytest.mark.parametrize("missing", ["SFT", "catalog"])
async def test_a_worker_starts_also_where_nothing_can_be_compared(client: Client, missing: str) -> None:
    async with seller(client) as shop:
        if missing == "SFT":
            shop.platform.order(Fault(call="QueryRatePlan", kind="error_before", times=0))
        catalog = "no-such-file.toml" if missing == "catalog" else "catalog.toml"
        async with worker_process(shop, ESIM_CATALOG=catalog) as worker:
            assert (await asyncio.wait_for((await shop.start()).result(), 100)).endpoint_id
            worker.send_signal(signal.SIGTERM)
            _, log = await asyncio.wait_for(worker.communicate(), 100)
    assert worker.returncode == 0
    assert "The catalog was not compared with the plans at SFT" in log.decode()
    assert "WARNING QueryRatePlan" not in log.decode()


async def test_a_busy_worker_that_is_asked_to_stop_finishes_its_calls_and_loses_nothing(client: Client) -> None:
    async with seller(client) as shop:
        shop.platform.order(Fault(call="SubscribeAddon", kind="delay", delay_seconds=1.5))
        async with worker_process(shop, new_python=True) as worker:
            run = await shop.start()
            await eventually_called(shop, "SubscribeAddon")
            worker.send_signal(signal.SIGTERM)
            _, log = await asyncio.wait_for(worker.communicate(), 100)
            assert worker.returncode == 0, log
        async with worker_process(shop):
            sold = await asyncio.wait_for(run.result(), 100)
        assert shop.platform.calls["SubscribeAddon"] == 1
        assert [a.unique_id for a in shop.platform.endpoint(sold.endpoint_id).addons] == [sold.addon.unique_id]


@pytest.mark.parametrize("call", ["SubscribeAddon", "EndPointLifeCycleChange"])
async def test_a_worker_that_must_stop_before_its_call_ends_hands_it_back(client: Client, call: str) -> None:
    async with seller(client) as shop:
        shop.platform.order(Fault(call=call, kind="delay", delay_seconds=30))
        async with worker_process(shop, ESIM_SHUTDOWN_GRACE_SECONDS="0.5") as worker:
            run = await shop.start()
            await eventually_called(shop, call)
            began = time.monotonic()
            worker.send_signal(signal.SIGTERM)
            await asyncio.wait_for(worker.communicate(), 100)
            assert worker.returncode == 0
            assert time.monotonic() - began < 25
        async with worker_process(shop):
            sold = await asyncio.wait_for(run.result(), 100)
        assert shop.platform.calls[call] == 1
        assert [a.unique_id for a in shop.platform.endpoint(sold.endpoint_id).addons] == [sold.addon.unique_id]


async def test_a_worker_killed_in_the_middle_of_an_addon_is_noticed_within_15_seconds_and_nothing_is_doubled(
    client: Client,
) -> None:
    async with seller(client) as shop:
        shop.platform.order(Fault(call="SubscribeAddon", kind="delay", delay_seconds=120))
        async with worker_process(shop) as doomed:
            run = await shop.start()
            await eventually_called(shop, "SubscribeAddon")
            doomed.kill()
        killed = time.monotonic()
        async with worker_process(shop):
            sold = await asyncio.wait_for(run.result(), 100)
        assert time.monotonic() - killed < 15 + 5  # the rest of the sale counts, too
        assert shop.platform.calls["SubscribeAddon"] == 1
        assert [a.unique_id for a in shop.platform.endpoint(sold.endpoint_id).addons] == [sold.addon.unique_id]


async def eventually_called(shop: Seller, call: str) -> None:
    async def called() -> bool:
        return shop.platform.calls[call] > 0

    await eventually(called)
