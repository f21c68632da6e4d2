"""``temporal activity`` in the hand of an operator: whatever it does to a call in mid-call, SFT is sent it once."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from contract.failure import SFT_UNAVAILABLE
from contract.subscription import Subscription
from tests.support.sales import eventually_called, scheduled_by
from tests.support.seller import Seller, eventually, seller
from tools.simulator.fault import Fault
from workflows import addon_protocol, claim, endpoint, purchases
from workflows.policies import ONCE

CLI = str(Path(sys.executable).parent / "temporal")

SUBSCRIBE = "SubscribeAddon"
LIFECYCLE = "EndPointLifeCycleChange"
PROFILE = "GetEndPointProfile"

RUNNING = PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
PAUSED = PendingActivityState.PENDING_ACTIVITY_STATE_PAUSED

HANDS = [
    ["pause", "unpause"],
    ["pause", "reset"],
    ["pause", "reset --clear-heartbeat-details"],
    ["reset"],
    # The attempt counts as dead before it beats for the first time, and goes on: two attempts at once.
    ["update-options --retry-maximum-attempts 3 --heartbeat-timeout 100ms"],
]

each_hand = pytest.mark.parametrize("hand", HANDS, ids=", ".join)


@pytest.fixture
async def shop(client: Client, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Seller]:
    """One whose calls beat so often that they soon hear of what is done to them."""
    for module in (addon_protocol, claim, endpoint):
        monkeypatch.setattr(module, "ONCE", replace(ONCE, heartbeat=timedelta(seconds=1.5)))
    async with seller(client, sft_timeout_seconds=20, sft_slow_timeout_seconds=20) as shop, shop.working():
        yield shop


async def pending(run: WorkflowHandle[Any, Any], activity: str, state: int) -> PendingActivityInfo:
    """The activity of that type once it is in that state."""

    async def found() -> PendingActivityInfo | None:
        activities = (await run.describe()).raw_description.pending_activities
        return next((one for one in activities if one.activity_type.name == activity and one.state == state), None)

    return await eventually(found)


async def temporal(shop: Seller, words: str, run: WorkflowHandle[Any, Any], activity_id: str) -> None:
    at = ("--address", shop.client.service_client.config.target_host)
    which = ("--workflow-id", run.id, "--activity-id", activity_id)
    process = await asyncio.create_subprocess_exec(
        CLI, "activity", *words.split(), *which, *at, stdout=asyncio.subprocess.PIPE
    )
    _, complaint = await process.communicate()
    assert process.returncode == 0, complaint


async def meddle(shop: Seller, run: WorkflowHandle[Any, Any], activity: str, hand: list[str]) -> None:
    """Does all this to the activity, which SFT keeps waiting for an answer."""
    activity_id = (await pending(run, activity, RUNNING)).activity_id
    for words in hand:
        await temporal(shop, words, run, activity_id)
        if words == "pause":
            await pending(run, activity, PAUSED)


def answers_late(call: Any, seconds: float = 4) -> Fault:
    """Done at once, and answered so late that an operator has the time to do something to it."""
    return Fault(call=call, kind="delay", delay_seconds=seconds)


@each_hand
async def test_an_addon_that_is_paused_reset_or_given_other_options_is_sent_once(shop: Seller, hand: list[str]) -> None:
    shop.platform.order(answers_late(SUBSCRIBE))
    run = await shop.start()
    await meddle(shop, run, "provision_addon", hand)
    sold = await run.result()
    [instance] = shop.platform.endpoint(sold.endpoint_id).addons
    assert (sold.addon.unique_id, shop.platform.calls[SUBSCRIBE]) == (instance.unique_id, 1)
    assert (await shop.refreshed(sold.endpoint_id)).unmatched == []


@each_hand
async def test_an_activation_that_is_paused_reset_or_given_other_options_is_known_as_ours(
    shop: Seller, hand: list[str]
) -> None:
    shop.platform.order(answers_late(LIFECYCLE))
    run = await shop.start()
    await meddle(shop, run, "activate_esim", hand)
    sold = await run.result()
    used = [each.endpoint_id for each in shop.platform.endpoints if each.status != "Pre-Active"]
    assert (used, shop.platform.calls[LIFECYCLE]) == ([sold.endpoint_id], 1)
    assert (await shop.subscription(sold.endpoint_id)).status == "active"


async def test_a_top_up_that_is_paused_in_mid_call_is_sent_once(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    shop.platform.order(answers_late(SUBSCRIBE))
    run = shop.run_of(endpoint_id)
    await run.signal("addon_purchased", shop.addon())
    await meddle(shop, run, "provision_addon", ["pause", "reset"])
    await shop.settled(endpoint_id)
    assert len(shop.platform.endpoint(endpoint_id).addons) == shop.platform.calls[SUBSCRIBE] == 2
    assert (await shop.refreshed(endpoint_id)).unmatched == []


async def test_an_order_to_suspend_that_is_paused_in_mid_call_is_sent_once(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    sent = shop.platform.calls[LIFECYCLE]
    shop.platform.order(answers_late(LIFECYCLE))
    run = shop.run_of(endpoint_id)
    ordered = asyncio.create_task(run.execute_update("suspend", {"reason": "system"}, result_type=Subscription))
    await meddle(shop, run, "change_lifecycle", ["pause", "unpause"])
    assert (await ordered).status == "suspended"
    assert shop.platform.calls[LIFECYCLE] == sent + 1


@pytest.mark.long
async def test_an_answer_that_comes_while_it_is_paused_counts(client: Client) -> None:
    async with seller(client, sft_timeout_seconds=20, sft_slow_timeout_seconds=20) as shop, shop.working():
        shop.platform.order(answers_late(SUBSCRIBE, 2))  # before the first beat, which would tell it of the pause
        run = await shop.start()
        activity_id = (await pending(run, "provision_addon", RUNNING)).activity_id
        await temporal(shop, "pause", run, activity_id)
        assert (await run.result()).addon.status == "provisioned"
        assert "settle_addon" not in await scheduled_by(run)


async def test_a_strangers_endpoint_stays_one_if_its_activation_is_paused_after_sft_answered(shop: Seller) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind="already_active"))
    shop.platform.order(answers_late(PROFILE, 8))
    run = await shop.start()
    await eventually_called(shop, PROFILE)
    await temporal(shop, "pause", run, (await pending(run, "activate_esim", RUNNING)).activity_id)
    sold, strangers = await run.result(), shop.platform.endpoints[0]  # it is not left paused: its answer is there
    assert sold.endpoint_id != strangers.endpoint_id
    assert strangers.status == "Active"


async def test_what_an_operator_fails_by_hand_ends_no_subscription(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    run = shop.run_of(endpoint_id)
    shop.platform.order(answers_late(LIFECYCLE))
    await run.cancel()  # which suspends the endpoint, however long that takes
    await meddle(shop, run, "suspend_esim", ["fail"])

    async def waits() -> bool:
        return any([event.HasField("timer_started_event_attributes") async for event in run.fetch_history_events()])

    await eventually(waits)
    assert (await run.describe()).status == WorkflowExecutionStatus.RUNNING


async def test_more_purchases_than_there_is_room_for_are_refused_and_told(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purchases, "MOST_PENDING", 2)
    endpoint_id = (await shop.sell()).endpoint_id
    run = shop.run_of(endpoint_id)
    await run.execute_update("suspend", {"reason": "system"})
    known = [shop.addon() for _ in range(2)]
    for addon in known:
        await run.execute_update("purchase_addon", addon)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await run.execute_update("purchase_addon", shop.addon())
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == SFT_UNAVAILABLE
    await run.signal("addon_purchased", shop.addon())
    assert (await run.execute_update("purchase_addon", known[0]))["status"] == "pending"
    await run.execute_update("resume", {"reason": "system"})
    subscription = await shop.settled(endpoint_id)
    assert [addon.status for addon in subscription.addons] == ["provisioned"] * 3
