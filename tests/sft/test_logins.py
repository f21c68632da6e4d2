"""A login that SFT refused is answered from memory for a while, in whatever shape the refusal came."""

import asyncio
from itertools import product
from typing import Any

import pytest

from sft import login_gate, logins
from sft.client import SftClient
from sft.codes import LOGIN_REFUSED, TABLE, fault_of
from sft.errors import AccountBlocked, AuthenticationFailed, NotSent
from sft.login_gate import refused_again
from tests.support.raw_sft import answering, failure, raw_sft
from tests.support.sft_account import ENDPOINT, PLAN, client_of
from tests.support.telling import long_but
from tools.simulator.fault import Fault
from tools.simulator.platform import Platform


def bodies(code: str) -> list[Any]:
    """The shapes in which a refusal of that code may come."""
    return [
        failure(code, "No"),
        failure(int(code), "No"),
        {"Response": {"resultCode": code, "resultDescription": "No"}},
        {"Response": {"resultCode": "0", "resultParam": {"resultCode": code}}},
        {"resultCode": code, "message": "No"},
        f"Login failed: {code}".encode(),
    ]


TELLING = [("10126", 200), ("10126", 401), ("10117", 500), ("11044", 403)]


@pytest.mark.parametrize(("code", "status"), long_but(TELLING, product(LOGIN_REFUSED, [200, 400, 401, 403, 500])))
async def test_a_refusal_is_recognised_whatever_its_shape_and_not_repeated(code: str, status: int) -> None:
    for body in bodies(code):
        async with raw_sft(answering(body, status=status), logs_in=False) as sft, client_of(sft.base_url) as client:
            for _ in range(3):
                with pytest.raises(AccountBlocked if code == "11044" else AuthenticationFailed):
                    await client.fetch_sims()
            assert sft.calls("login") == 1, body


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_refusal_by_http_alone_is_not_repeated_either(status: int) -> None:
    async with raw_sft(answering(b"", status=status), logs_in=False) as sft, client_of(sft.base_url) as client:
        for _ in range(3):
            with pytest.raises(AuthenticationFailed):
                await client.fetch_sims()
        assert sft.calls("login") == 1


async def test_a_time_out_under_the_code_of_bad_credentials_is_none(client: SftClient, platform: Platform) -> None:
    platform.order(Fault(call="login", kind="rejected", code="10126", description="Request timed out"))
    with pytest.raises(NotSent) as caught:
        await client.fetch_sims()
    assert type(caught.value) is NotSent
    await client.fetch_sims()


async def test_who_is_answered_from_memory_is_told_for_how_long(client: SftClient, platform: Platform) -> None:
    platform.order(Fault(call="login", kind="rejected", code="10126"))
    for words in (r"\(code 10126\)$", r"\(code 10126\); no login is tried for another \d\d s$"):
        with pytest.raises(AuthenticationFailed, match=words):
            await client.fetch_sims()


async def test_after_the_pause_it_is_tried_again(
    client: SftClient, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_gate, "FIRST_PAUSE_SECONDS", 0.2)
    platform.order(Fault(call="login", kind="rejected", code="10126"))
    with pytest.raises(AuthenticationFailed):
        await client.fetch_sims()
    await asyncio.sleep(0.3)
    await client.fetch_sims()
    assert platform.calls["login"] == 2


def test_the_pauses_grow_from_a_minute_to_an_hour_and_a_blocked_account_has_the_longest() -> None:
    pauses = [refused_again("10126", times).seconds / 60 for times in range(9)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert refused_again("11044", 0).seconds == 3600


async def test_a_blocked_account_is_not_asked_again_however_long_it_takes(
    client: SftClient, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_gate, "LONGEST_PAUSE_SECONDS", 0.1)
    platform.order(Fault(call="login", kind="rejected", code="11044"))
    for _ in range(3):
        with pytest.raises(AccountBlocked, match="only a reset of its password at SFT helps, nothing goes on"):
            await client.fetch_sims()
        await asyncio.sleep(0.15)
    assert platform.calls == {"login": 1}


async def test_a_refresh_that_says_that_the_account_is_blocked_is_followed_by_no_login(
    client: SftClient, platform: Platform
) -> None:
    await client.fetch_sims()
    platform.tokens.expire_access()
    platform.order(Fault(call="RefreshToken", kind="rejected", code="11044", refusal_status=403))
    for _ in range(3):
        with pytest.raises(AccountBlocked):
            await client.subscribe_addon(ENDPOINT, PLAN)
    assert platform.calls == {"login": 1, "fetchSIM": 1, "RefreshToken": 1, "SubscribeAddon": 1}


async def test_tokens_that_are_refused_at_once_are_not_asked_for_without_end(
    client: SftClient, platform: Platform
) -> None:
    platform.order(Fault(call="SubscribeAddon", kind="expired_http", times=0))
    for _ in range(10):
        with pytest.raises(AuthenticationFailed):
            await client.subscribe_addon(ENDPOINT, PLAN)
    assert platform.calls["login"] == logins.MOST_NEW_TOKENS_REFUSED + 1


def test_every_code_has_one_meaning_and_a_source() -> None:
    assert len({code.code for code in TABLE}) == len(TABLE)
    assert all(code.source in ("guide", "documentation", "client", "assumption") for code in TABLE)


@pytest.mark.parametrize(
    ("code", "description", "fault"),
    [
        ("6110", "Invalid add-on plan", "plan"),
        ("6110", "Insufficient Balance", "account"),
        ("9999", "The Rate Zone is empty", "account"),
        ("9999", "Authorization failure", "account"),
        ("6420", "No SIM", "endpoint"),
        ("9999", "Rebalanced plan is not allowed", "unknown"),
        ("11044", "", "account"),
    ],
)
def test_whose_fault_a_refusal_is(code: str, description: str, fault: str) -> None:
    assert fault_of(code, description) == fault
