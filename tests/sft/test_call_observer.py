"""Whoever watches a client is told of every HTTP call, and of what it came to."""

import asyncio

import pytest
from pydantic import SecretStr

from sft.call_observer import Outcome
from sft.client import SftClient
from sft.errors import SftError
from tests.support.sft_account import ENDPOINT, PASSWORD, PLAN
from tools.simulator.fault import Fault, Kind
from tools.simulator.platform import Platform

Told = list[tuple[str, Outcome]]


def observed_client(base_url: str, told: Told, password: str = PASSWORD) -> SftClient:
    def observe(call: str, outcome: Outcome, seconds: float) -> None:
        assert 0 <= seconds < 5
        told.append((call, outcome))

    return SftClient(base_url=base_url, username="demo", password=SecretStr(password), observer=observe)


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("rejected", "rejected"), ("rate_limited", "not_sent"), ("reset", "unanswered"), ("html", "malformed")],
)
async def test_each_call_is_told_with_its_outcome(
    platform: Platform, base_url: str, kind: Kind, outcome: Outcome
) -> None:
    told: Told = []
    async with observed_client(base_url, told) as client:
        platform.order(Fault(call="SubscribeAddon", kind=kind))
        with pytest.raises(SftError):
            await client.subscribe_addon(ENDPOINT, PLAN)
        await client.subscribe_addon(ENDPOINT, PLAN)
    assert told == [("login", "ok"), ("SubscribeAddon", outcome), ("SubscribeAddon", "ok")]


async def test_a_call_with_an_expired_token_counts_as_not_sent_and_the_one_after_it_by_itself(
    platform: Platform, base_url: str
) -> None:
    told: Told = []
    async with observed_client(base_url, told) as client:
        platform.order(Fault(call="fetchSIM", kind="expired_http"))
        await client.fetch_sims()
    assert told == [("login", "ok"), ("fetchSIM", "not_sent"), ("RefreshToken", "ok"), ("fetchSIM", "ok")]


async def test_refused_credentials_are_told_as_such(base_url: str) -> None:
    told: Told = []
    async with observed_client(base_url, told, password="wrong") as client:
        with pytest.raises(SftError):
            await client.fetch_sims()
    assert told == [("login", "authentication_failed")]


async def test_a_call_that_is_given_up_is_unanswered(platform: Platform, base_url: str) -> None:
    told: Told = []
    async with observed_client(base_url, told) as client:
        await client.fetch_sims()
        platform.order(Fault(call="fetchSIM", kind="delay", delay_seconds=30))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.fetch_sims(), 0.3)
    assert told[-1] == ("fetchSIM", "unanswered")
