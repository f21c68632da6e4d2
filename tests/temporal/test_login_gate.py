"""A login that SFT refused is repeated rarely, whatever the number of workers and of purchases that wait."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio.client import Client

from seller.client import SellerClient
from sft import login_gate
from sft.client import SftClient
from sft.errors import AccountBlocked, AuthenticationFailed
from sft.logins import Credentials
from temporal.login_gate import TemporalLoginGate, gate_id
from tests.support.encrypting_shop import with_keys
from tests.support.encryption_keys import ring
from tests.support.seller import Seller, eventually, seller
from tests.support.sft_account import client_of
from tools.simulator.fault import Fault
from tools.simulator.platform import Platform

WRONG = "another-password"


@pytest.fixture
def short_pauses() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(login_gate, "FIRST_PAUSE_SECONDS", 2.0)
        yield


@asynccontextmanager
async def processes(
    client: Client, base_url: str, number: int, password: str = WRONG
) -> AsyncIterator[list[SftClient]]:
    """So many clients of SFT as so many worker processes have."""
    async with AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                client_of(base_url, password=password, login_gate=TemporalLoginGate(client))
            )
            for _ in range(number)
        ]


async def outcomes(clients: list[SftClient], calls: int = 1) -> list[Any]:
    return await asyncio.gather(*(one.fetch_sims() for one in clients for _ in range(calls)), return_exceptions=True)


@pytest.mark.parametrize("is_encrypted", [False, True])
async def test_many_workers_and_their_purchases_make_one_refused_login(
    client: Client, platform: Platform, base_url: str, is_encrypted: bool
) -> None:
    client = with_keys(client, ring(1)) if is_encrypted else client
    async with processes(client, base_url, 10) as workers:
        for _ in range(3):
            assert {type(error) for error in await outcomes(workers, 4)} == {AuthenticationFailed}
    async with processes(client, base_url, 2) as started_again:
        assert {type(error) for error in await outcomes(started_again)} == {AuthenticationFailed}
    assert platform.calls == {"login": 1}


@pytest.mark.long
@pytest.mark.usefixtures("short_pauses")
async def test_after_each_pause_one_of_the_workers_tries_and_the_pause_is_twice_as_long(
    client: Client, platform: Platform, base_url: str
) -> None:
    began = time.monotonic()
    at: list[float] = []
    async with processes(client, base_url, 3) as workers:
        while len(at) < 3:
            await outcomes(workers)
            if platform.calls["login"] > len(at):
                at.append(time.monotonic() - began)
            assert platform.calls["login"] == len(at)
            await asyncio.sleep(0.1)
    assert at[1] - at[0] > 1.5
    assert at[2] - at[1] > 3.5


async def test_all_workers_log_in_one_after_the_other_while_sft_takes_the_login(
    client: Client, platform: Platform, base_url: str
) -> None:
    async with processes(client, base_url, 5, "demo-password") as workers:
        assert not [found for found in await outcomes(workers) if isinstance(found, BaseException)]
    assert platform.calls["login"] == 5


async def test_new_settings_are_tried_at_once(client: Client, platform: Platform, base_url: str) -> None:
    async with processes(client, base_url, 1) as workers:
        await outcomes(workers)
    async with processes(client, base_url, 1, "demo-password") as workers:
        assert await workers[0].fetch_sims()
    assert platform.calls["login"] == 2


async def test_a_blocked_account_is_told_as_blocked_by_everybody_and_asked_by_one(
    client: Client, platform: Platform, base_url: str
) -> None:
    platform.order(Fault(call="login", kind="rejected", code="11044", description="Account blocked", times=0))
    async with processes(client, base_url, 5, "demo-password") as workers:
        for _ in range(2):
            found = await outcomes(workers, 2)
            assert {type(error) for error in found} == {AccountBlocked}
            assert all("only a reset of its password at SFT helps" in str(error) for error in found)
    assert platform.calls == {"login": 1}


async def test_a_worker_that_dies_while_it_logs_in_holds_up_the_others_for_no_longer_than_a_login_takes(
    client: Client, platform: Platform, base_url: str
) -> None:
    credentials = Credentials(base_url, "demo", SecretStr("demo-password"), None)
    gate = TemporalLoginGate(client)
    assert await gate.enter(credentials.account, -3) == 0  # it takes 2 seconds, with the margin
    async with processes(client, base_url, 1, "demo-password") as workers:
        began = time.monotonic()
        assert await workers[0].fetch_sims()
    assert 1 < time.monotonic() - began < 15
    assert WRONG not in gate_id(credentials.account)


@pytest.mark.long
async def test_twenty_purchases_that_wait_make_one_login_and_say_what_they_wait_for(client: Client) -> None:
    async with seller(client, sft_password=SecretStr(WRONG)) as shop:
        async with AsyncExitStack() as stack:
            for _ in range(2):
                await stack.enter_async_context(shop.working())
            runs = [await shop.start() for _ in range(20)]
            for run in runs:
                await waits_for_the_operator(shop, run, "refuses our credentials")
            await asyncio.sleep(3)
            assert shop.platform.calls == {"login": 1}
        shop.settings.pop("sft_password")
        async with shop.working():
            await eventually(lambda: has_sold(shop))


async def test_a_purchase_says_that_the_account_is_blocked(client: Client) -> None:
    async with seller(client) as shop, shop.working():
        shop.platform.order(Fault(call="login", kind="rejected", code="11044", times=0))
        run = await shop.start()
        detail = await waits_for_the_operator(shop, run, "blocked")
        assert "only a reset of its password" in detail
        assert "goes on by itself" not in detail.replace("nothing goes on by itself", "")

        async def explained() -> bool:
            waiting = (await SellerClient(client, shop.task_queue).explain(run.id)).waiting
            return any("SFT has blocked this account (code 11044)" in (one.last_failure or "") for one in waiting)

        await eventually(explained)


async def waits_for_the_operator(shop: Seller, run: Any, why: str) -> str:
    async def says() -> str | None:
        detail = (await shop.progress(run)).detail
        return detail if "Waiting for the operator" in detail and why in detail else None

    return await eventually(says)


async def has_sold(shop: Seller) -> bool:
    return any(endpoint.status == "Active" for endpoint in shop.platform.endpoints)
