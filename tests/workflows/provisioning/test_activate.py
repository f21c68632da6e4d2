"""Step 2: activating the endpoint, once, and knowing whether it was us."""

import time
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client

from sft import login_gate
from tests.support.sales import failure, scheduled_by, statuses
from tests.support.seller import Seller, eventually, seller
from tools.simulator.fault import Fault
from workflows import endpoint, sft_calls
from workflows.policies import BRISK

LIFECYCLE = "EndPointLifeCycleChange"


async def test_a_look_that_fails_right_after_an_activation_is_made_again(shop: Seller) -> None:
    shop.platform.order(Fault(call="GetEndPointProfile", kind="error_before"))
    run = await shop.start()
    await run.result()
    assert list(await scheduled_by(run)) == ["find_esim", "activate_esim", "look_at_endpoint", "provision_addon"]
    assert shop.platform.calls[LIFECYCLE] == 1


async def test_credentials_refused_for_longer_than_an_outage_may_last_do_not_fail_an_activation(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (sft_calls, endpoint):
        monkeypatch.setattr(module, "OUTAGE", timedelta(seconds=6))
    monkeypatch.setattr(login_gate, "FIRST_PAUSE_SECONDS", 1.0)
    defaults = {"first": BRISK, "time_limit": timedelta(seconds=6), "priority": None}
    monkeypatch.setattr(sft_calls.patiently, "__kwdefaults__", defaults)
    async with seller(client) as shop, shop.working():
        for call, skip in (("EndPointLifeCycleChange", 0), ("RefreshToken", 0), ("login", 1)):
            shop.platform.order(Fault.model_validate({"call": call, "kind": "expired_http", "times": 0, "skip": skip}))
        run = await shop.start()

        async def waiting_for_the_operator() -> float | None:
            return time.monotonic() if "SFT_PASSWORD" in (await shop.progress(run)).detail else None

        told = await eventually(waiting_for_the_operator)

        async def longer_than_an_outage_may_last() -> bool:
            return time.monotonic() - told > 6

        await eventually(longer_than_an_outage_may_last)
        shop.platform.clear_faults()
        assert (await run.result()).addon.status == "provisioned"


async def test_an_endpoint_that_cannot_be_activated_is_quarantined_and_another_sold(shop: Seller) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind="rejected", code="6420"))
    sold = await shop.sell()
    bad = shop.platform.endpoints[0]
    assert sold.endpoint_id != bad.endpoint_id
    await shop.run_of(bad.endpoint_id).result()
    assert (await shop.subscription(bad.endpoint_id)).status == "quarantined"
    assert bad.status == "Pre-Active"


async def test_after_five_esims_that_cannot_be_activated_each_for_another_reason_the_purchase_fails(
    client: Client,
) -> None:
    async with seller(client, esims=7) as shop, shop.working():
        for code in range(9001, 9008):
            shop.platform.order(Fault(call=LIFECYCLE, kind="rejected", code=f"8{code}"))
        run = await shop.start()
        assert (await failure(run)).type == "ActivationRejected"
        assert shop.platform.calls[LIFECYCLE] == 5
        assert (await shop.progress(run)).step == "failed"


async def test_the_other_activation_call_can_be_selected(client: Client) -> None:
    async with seller(client, sft_activation_call="EndPointActivation") as shop, shop.working():
        await shop.sell()
        assert shop.platform.calls["EndPointActivation"] == 1
        assert shop.platform.calls[LIFECYCLE] == 0


@pytest.mark.parametrize("kind", ["answer_lost", "error_after", "timeout_text", "broken_json", "html", "empty_body"])
async def test_an_unanswered_activation_is_looked_up(shop: Seller, kind: Any) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind=kind, status=504))
    sold = await shop.sell()
    assert sold.endpoint_id == shop.platform.endpoints[0].endpoint_id
    assert shop.platform.calls[LIFECYCLE] == 1
    assert shop.platform.calls["GetEndPointProfile"] == 2


async def test_an_activation_that_was_not_done_is_requested_again_and_is_ours(shop: Seller) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind="late", delay_seconds=3))
    sold = await shop.sell()
    assert sold.endpoint_id == shop.platform.endpoints[0].endpoint_id
    assert shop.platform.calls[LIFECYCLE] == 2
    assert statuses(shop) == ["Active", "Pre-Active", "Pre-Active"]


@pytest.mark.parametrize("call", [LIFECYCLE, "EndPointActivation"])
async def test_a_strangers_active_endpoint_is_set_aside(client: Client, call: Any) -> None:
    async with seller(client, sft_activation_call=call) as shop, shop.working():
        shop.platform.order(Fault(call=call, kind="already_active"))
        sold = await shop.sell()
        strangers = shop.platform.endpoints[0]
        assert sold.endpoint_id != strangers.endpoint_id
        await shop.run_of(strangers.endpoint_id).result()
        assert strangers.status == "Active"
        assert strangers.addons == []
