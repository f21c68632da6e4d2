"""Answers that say one thing and mean another: nothing is made twice, shared or lost, and somebody is told."""

from typing import Any

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from contract.addon import Addon
from contract.order import Refund
from tests.support.dialects import in_fields, in_profiles, speak
from tests.support.seller import PLAN, Seller, eventually, seller
from tools.simulator.endpoint import STRANGER
from tools.simulator.endpoint_store import EndpointStore
from tools.simulator.fault import Fault
from tools.simulator.plan import GIGABYTE


def in_subscriptions(unique_id: str | None) -> Any:
    """SubscribeAddon names this instance, whichever it made."""

    def rewrite(body: Any) -> None:
        info = body.get("Response", {}).get("info") or {}
        if info and "basicInfo" not in info:
            info["promotionalPlans"]["plan"]["uniqueId"] = unique_id

    return rewrite


async def bought(shop: Seller, endpoint_id: str, **changes: Any) -> Addon:
    addon: Addon = await shop.run_of(endpoint_id).execute_update(
        "purchase_addon", shop.addon(**changes), result_type=Addon
    )
    return addon


async def test_an_answer_that_names_what_was_there_before_gives_no_instance_to_two_purchases(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold = await shop.sell()
    speak(monkeypatch, in_subscriptions(sold.addon.unique_id))
    second = await bought(shop, sold.endpoint_id)
    first, made = shop.platform.endpoint(sold.endpoint_id).addons
    assert (first.unique_id, made.unique_id) == (sold.addon.unique_id, second.unique_id)


async def test_what_sft_says_it_has_done_is_not_sent_again_where_nothing_new_is_there(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold = await shop.sell()
    speak(monkeypatch, in_subscriptions(sold.addon.unique_id))
    subscribed = shop.platform.calls["SubscribeAddon"]
    monkeypatch.setattr(EndpointStore, "subscribe", lambda self, *_: self.endpoints[sold.endpoint_id].addons[0])
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await bought(shop, sold.endpoint_id)
    assert isinstance(caught.value.cause, ApplicationError)
    assert "names an instance that was there before" in caught.value.cause.message
    assert shop.platform.calls["SubscribeAddon"] == subscribed + 1


@pytest.mark.parametrize(
    ("spelled", "unanswered"),
    [(str.lower, True), (lambda plan: plan.replace("-", "_"), True), (lambda _: "77", False)],
    ids=["small letters", "underscores", "another id"],
)
async def test_a_plan_that_sft_calls_otherwise_is_not_bought_twice(
    client: Client, monkeypatch: pytest.MonkeyPatch, spelled: Any, unanswered: bool
) -> None:
    def rewrite(_: str, plan: str) -> str:
        renamed: str = spelled(plan)
        return renamed

    speak(monkeypatch, in_fields(rewrite, "planId"))
    async with seller(client) as shop, shop.working():
        if unanswered:
            shop.platform.order(Fault(call="SubscribeAddon", kind="answer_lost"))
        sold = await shop.sell()
        top_up = await bought(shop, sold.endpoint_id)
        made = [instance.unique_id for instance in shop.platform.endpoint(sold.endpoint_id).addons]
        assert made == [sold.addon.unique_id, top_up.unique_id]
        assert (await shop.refreshed(sold.endpoint_id)).unmatched == []


async def test_a_late_instance_of_a_plan_that_sft_calls_otherwise_is_surplus_too(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak(monkeypatch, in_fields(lambda _, plan: plan.lower(), "planId"))
    sold = await shop.sell()
    shop.platform.order(Fault(call="SubscribeAddon", kind="late", delay_seconds=4))
    second = await bought(shop, sold.endpoint_id)
    await shop.platform.late_work_done()

    async def removed() -> bool:
        return bool((await shop.subscription(sold.endpoint_id)).surplus_removed)

    await eventually(removed)
    made = [instance.unique_id for instance in shop.platform.endpoint(sold.endpoint_id).addons]
    assert made == [sold.addon.unique_id, second.unique_id]


async def test_an_empty_list_that_is_told_as_a_refusal_is_no_stock(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(body: Any) -> None:
        response = body.get("Response", {})
        if response.get("responseParam", {}).get("rows") == []:
            response |= {"resultCode": "1", "resultParam": {"resultCode": "6204", "resultDescription": "No SIM found"}}

    speak(monkeypatch, refuse)
    async with seller(client, esims=0) as shop, shop.working():
        run = await shop.start()
        await shop.reaches(run, "waiting_for_stock")
        [esim] = shop.platform.add_esims(1)
        assert (await run.result()).endpoint_id == esim.endpoint_id


async def removed(shop: Seller, endpoint_id: str, purchase_id: str) -> Addon:
    addon: Addon = await shop.run_of(endpoint_id).execute_update(
        "remove_addon", {"purchase_id": purchase_id, "reason": "wrong plan"}, result_type=Addon
    )
    return addon


def without_addons(info: dict[str, Any]) -> None:
    info["promotionalPlans"], info["benefitInfo"] = [], []


async def test_an_addon_that_profiles_do_not_show_yet_is_taken_off_all_the_same(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold = await shop.sell()
    speak(monkeypatch, in_profiles(without_addons))
    gone = await removed(shop, sold.endpoint_id, sold.addon.purchase_id)
    assert gone.status == "removed"
    assert shop.platform.endpoint(sold.endpoint_id).addons == []


async def test_a_removal_that_sft_agrees_to_and_does_not_do_is_none(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold = await shop.sell()
    with monkeypatch.context() as patched:
        patched.setattr(EndpointStore, "change_addons", lambda *_: None)
        with pytest.raises(WorkflowUpdateFailedError) as caught:
            await removed(shop, sold.endpoint_id, sold.addon.purchase_id)
    assert isinstance(caught.value.cause, ApplicationError)
    assert (caught.value.cause.type, "still on the endpoint" in caught.value.cause.message) == ("AddonRejected", True)
    assert (await shop.subscription(sold.endpoint_id)).addons[0].status == "provisioned"
    assert (await removed(shop, sold.endpoint_id, sold.addon.purchase_id)).status == "removed"


async def test_what_is_there_again_after_it_was_taken_off_is_nobodys(shop: Seller) -> None:
    sold = await shop.sell()
    kept = await bought(shop, sold.endpoint_id)
    [instance, _] = shop.platform.endpoint(sold.endpoint_id).addons
    await removed(shop, sold.endpoint_id, sold.addon.purchase_id)
    shop.platform.endpoint(sold.endpoint_id).addons.insert(0, instance)
    assert (await shop.refreshed(sold.endpoint_id)).unmatched == [sold.addon.unique_id]
    shop.platform.store.change_addons(sold.endpoint_id, [], [instance.unique_id], STRANGER)
    assert (await shop.refreshed(sold.endpoint_id)).unmatched == []
    assert kept.status == "provisioned"


async def test_usage_is_read_before_an_addon_is_taken_off(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.use(sold.endpoint_id, 5 * GIGABYTE)
    gone = await removed(shop, sold.endpoint_id, sold.addon.purchase_id)
    assert gone.usage
    assert gone.usage.left == "25.0 of 30.0 GB"


async def refund(shop: Seller, endpoint_id: str) -> Refund:
    answer: Refund = await shop.run_of(endpoint_id).execute_update(
        "refund", {"reason": "the trip was cancelled"}, result_type=Refund
    )
    return answer


def without_balance(info: dict[str, Any]) -> None:
    for benefit in info["benefitInfo"]["benefit"]:
        benefit |= {"balance": "Unlimited", "actualBalance": "Unlimited", "startDate": "-"}
        benefit["expiryDate"] = "31/12/2099 00:00:00"
    for row in info["promotionalPlans"]["plan"]:
        row["planStartDate"] = "soon"


async def test_what_nobody_knows_to_be_unused_is_not_paid_back(shop: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    unknown, strange = await shop.sell(), await shop.sell()
    foreign = shop.platform.add_foreign_addon(strange.endpoint_id, PLAN)
    assert foreign.unique_id in (await refund(shop, strange.endpoint_id)).reason
    shop.platform.use(unknown.endpoint_id, GIGABYTE)
    speak(monkeypatch, in_profiles(without_balance))
    refused = await refund(shop, unknown.endpoint_id)
    assert (refused.refundable, "cannot be read" in refused.reason) == (False, True)
    for esim in (unknown, strange):
        assert shop.platform.endpoint(esim.endpoint_id).status == "Active"


async def test_an_activation_that_sft_agrees_to_and_does_not_do_sells_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with seller(client) as shop, shop.working():
        monkeypatch.setattr(EndpointStore, "change_lifecycle", lambda *_: ("Pre-Active", "Active"))
        run = await shop.start()
        progress = await shop.reaches(run, "needs_attention")
        assert "shows it as Pre-Active" in progress.detail
        assert not [endpoint for endpoint in shop.platform.endpoints if endpoint.addons]
        monkeypatch.undo()
        await run.execute_update("amend_plan", {"product": "Wakanda 30Days / 30GB", "plan_id": PLAN})
        sold = await run.result()
        assert shop.platform.endpoint(sold.endpoint_id).status == "Active"


async def test_an_activation_that_sft_shows_late_is_waited_for(shop: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    def lag(info: dict[str, Any]) -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            info["basicInfo"]["status"] = "Pre-Active"

    speak(monkeypatch, in_profiles(lag))
    sold = await shop.sell()
    calls = [entry.call for entry in shop.platform.log]
    assert calls[: calls.index("SubscribeAddon")].count("GetEndPointProfile") == 2
    assert calls.count("EndPointLifeCycleChange") == 1
    [made] = shop.platform.endpoint(sold.endpoint_id).addons
    assert made.unique_id == sold.addon.unique_id
