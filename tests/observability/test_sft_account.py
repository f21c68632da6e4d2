"""Whether SFT takes the login and the account's requests, for alerts: shown for as long as it does not."""

import asyncio
import logging

import pytest
from pydantic import SecretStr
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from activities.account import SftAccount
from observability.sft_calls import SftLogins, SftRefusals
from sft import login_gate
from sft.client import SftClient
from sft.errors import AuthenticationFailed, Rejected
from tests.support.metrics_scrape import Scrape
from tests.support.ports import free_port
from tools.simulator.fault import Fault
from tools.simulator.platform import Platform
from tools.simulator.server import serving


async def test_a_refused_login_a_blocked_account_and_refusals_of_everybody_are_shown_and_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(login_gate, "FIRST_PAUSE_SECONDS", 0.1)
    caplog.set_level(logging.INFO, "worker")
    port = free_port()
    runtime = Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=f"127.0.0.1:{port}")))
    platform = Platform(esims=1)

    async def shown(name: str, label: str) -> dict[str, float]:
        found = await asyncio.to_thread(Scrape, port)
        return {sample.labels[label]: sample.value for sample in found.samples(name)}

    async def asks(sft: SftClient) -> None:
        with pytest.raises(AuthenticationFailed):
            await sft.fetch_sims()

    on_login = SftLogins(runtime.metric_meter)
    async with (
        serving(platform) as base_url,
        SftClient(base_url=base_url, username="demo", password=SecretStr("demo-password"), on_login=on_login) as sft,
    ):
        assert await shown("sft_login_refused", "why") == {"refused": 0, "blocked": 0}
        platform.order(Fault(call="login", kind="rejected", code="10126"))
        await asks(sft)
        assert await shown("sft_login_refused", "why") == {"refused": 1, "blocked": 0}
        await asyncio.sleep(0.2)
        await sft.fetch_sims()
        assert await shown("sft_login_refused", "why") == {"refused": 0, "blocked": 0}
        platform.tokens.expire_access()
        platform.order(Fault(call="RefreshToken", kind="rejected", code="11044"))
        await asks(sft)
        assert await shown("sft_login_refused", "why") == {"refused": 0, "blocked": 1}
    account = SftAccount(SftRefusals(runtime.metric_meter))
    assert await shown("sft_account_refused", "act") == {"activation": 0, "addon": 0}
    with pytest.raises(Exception, match="balance"):
        account.refuse("addon", Rejected("SubscribeAddon", "9999", "No balance"), "4000001", "PLAN")
    assert await shown("sft_account_refused", "act") == {"activation": 0, "addon": 1}
    account.works("addon")
    assert await shown("sft_account_refused", "act") == {"activation": 0, "addon": 0}
    log = caplog.text
    for words in ("SFT refuses the login", "SFT takes the login again", "SFT has blocked the account", "every addon"):
        assert words in log
    assert "demo-password" not in log
