"""Rows of a profile that are not as expected: those that matter decide, and nothing is sold twice."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client

from contract.addon import Addon
from tests.support.dialects import in_profiles, speak
from tests.support.seller import PLAN, Seller, eventually, seller
from tools.simulator.fault import Fault
from tools.simulator.plan import GIGABYTE
from workflows import usage

ODD_PLANS: list[Any] = [
    None,
    {},
    "-",
    {"planId": "PLAN-VOICE", "planServiceName": "VOICE", "planStartDate": "soon", "planExpiryDate": "Unlimited"},
    {"planId": "PLAN-OTHER", "uniqueId": "-"},
    {"planId": "PLAN-OTHER", "uniqueId": {"id": 7}},
    {"planId": PLAN, "planServiceName": "SMS", "uniqueId": "-"},
    {"planId": ["?"], "planServiceName": "TELEPATHY"},
]
ODD_BENEFITS: list[Any] = [
    None,
    "-",
    {"name": "DATA", "balance": "5", "actualBalance": "5"},
    {"name": "VOICE", "uniqueId": "-", "balance": "Unlimited"},
    {"name": {"en": "DATA"}, "uniqueId": True, "balance": "10 GB", "startDate": 7},
]


def oddly(info: dict[str, Any]) -> None:
    """Every row is doubled, and stands among others that nobody understands."""
    plans, benefits = info["promotionalPlans"]["plan"], info["benefitInfo"]["benefit"]
    info["promotionalPlans"]["plan"] = [*ODD_PLANS, *plans, *plans]
    info["benefitInfo"]["benefit"] = [*benefits, *ODD_BENEFITS, *benefits]
    for row in plans:
        row["planStartDate"], row["planExpiryDate"] = "31/02/2026 25:00:00", "Unlimited"
    info["basicInfo"] |= {"msisdn": {"odd": 1}, "iccid": [], "imsi": None}


async def refreshed(shop: Seller, endpoint_id: str) -> list[Addon]:
    subscription = await shop.refreshed(endpoint_id)
    assert subscription.unmatched == []
    return subscription.addons


async def test_rows_that_nobody_understands_stop_no_sale_and_change_no_balance(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    speak(monkeypatch, in_profiles(oddly))
    async with seller(client) as shop, shop.working():
        with caplog.at_level(logging.WARNING, "sft"):
            shop.platform.order(Fault(call="SubscribeAddon", kind="answer_lost"))
            sold = await shop.sell()
            run = shop.run_of(sold.endpoint_id)
            bought = await run.execute_update("purchase_addon", shop.addon(), result_type=Addon)
            shop.platform.use(sold.endpoint_id, 12 * GIGABYTE, bought.unique_id)
            addons = [await refreshed(shop, sold.endpoint_id) for _ in range(2)][-1]
        made = shop.platform.endpoints[0].addons
        assert [addon.unique_id for addon in addons] == [instance.unique_id for instance in made]
        assert [addon.usage and addon.usage.left for addon in addons] == ["30.0 of 30.0 GB", "18.0 of 30.0 GB"]
        assert addons[1].usage
        assert addons[1].usage.starts_at is not None  # by its balance: that of its row cannot be read
    warned = [record.getMessage().partition(":")[2] for record in caplog.records if record.name == "sft"]
    fields = [" Response.info.promotionalPlans.plan.planStartDate", " Response.info.benefitInfo.benefit.balance"]
    assert [sum(line.startswith(f"{field}:") for line in warned) for field in fields] == [1, 1]
    assert len(warned) == len(set(warned))


async def test_a_top_up_waits_while_an_instance_of_its_plan_cannot_be_told_from_others(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold = await shop.sell()

    def hide(info: dict[str, Any]) -> None:
        info["promotionalPlans"]["plan"][0]["uniqueId"] = "-"

    speak(monkeypatch, in_profiles(hide))
    run = shop.run_of(sold.endpoint_id)
    await run.signal("addon_purchased", shop.addon())

    async def told() -> bool:
        return "promotionalPlans.plan.uniqueId" in str(await run.query("__temporal_workflow_metadata"))

    await eventually(told)
    assert shop.platform.calls["SubscribeAddon"] == 1
    monkeypatch.undo()
    settled = await shop.settled(sold.endpoint_id)
    assert [addon.status for addon in settled.addons] == ["provisioned"] * 2
    assert shop.platform.calls["SubscribeAddon"] == 2


@pytest.mark.parametrize("field", ["uniqueId", "planId"])
async def test_what_was_not_answered_is_not_sent_again_while_what_it_made_cannot_be_read(
    shop: Seller, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    """Beyond the settle window, which is a second here."""
    looks = 0

    def hide(info: dict[str, Any]) -> None:
        nonlocal looks
        if rows := info["promotionalPlans"]["plan"]:
            looks += 1
            rows[0][field] = {"surprise": 1}

    speak(monkeypatch, in_profiles(hide))
    shop.platform.order(Fault(call="SubscribeAddon", kind="answer_lost"))
    run = await shop.start()

    async def looked() -> bool:
        return looks >= 4

    await eventually(looked)
    monkeypatch.undo()
    sold = await run.result()
    [instance] = shop.platform.endpoint(sold.endpoint_id).addons
    assert sold.addon.unique_id == instance.unique_id
    assert shop.platform.calls["SubscribeAddon"] == 1


async def test_an_addon_that_cannot_be_told_from_others_is_not_told_as_used_up(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "SETTLED", timedelta(0))
    sold = await shop.sell()
    shop.platform.use(sold.endpoint_id, GIGABYTE)
    [before] = await refreshed(shop, sold.endpoint_id)
    with monkeypatch.context() as patched:

        def hide(info: dict[str, Any]) -> None:
            del info["promotionalPlans"]["plan"][0]["uniqueId"]

        speak(patched, in_profiles(hide))
        for _ in range(2):
            assert await refreshed(shop, sold.endpoint_id) == [before]
    [after] = await refreshed(shop, sold.endpoint_id)
    assert after.usage
    assert after.usage.state == "in_use"
