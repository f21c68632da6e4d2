from dataclasses import replace

import pytest

from contract.audit import Finding
from contract.progress import Step
from contract.subscription import Subscription
from tests.support.chaos_world import World
from tools.chaos.evidence import Recall, Sale, Sent
from tools.chaos.verdict import counts

CODE = "LPA:1$smdp.example.com$M"


@pytest.fixture
def world() -> World:
    """Two travelers with an eSIM each, one of them with a second add-on."""
    world = World()
    first = world.sell("P-1", "1", "701", "T-1")
    world.sell("P-2", "2", "702", "T-2")
    world.top_up(first, "P-3", "703")
    return world


def test_nothing_is_found_where_every_promise_was_kept(world: World) -> None:
    assert world.found() == []


def test_every_fault_is_counted_also_those_that_there_are_none_of(world: World) -> None:
    world.remove("1", "701")
    found = counts(world.found())
    assert found == {
        "lost": 1,
        "duplicated": 0,
        "shared": 0,
        "dangling": 0,
        "forgotten": 0,
        "unreported": 1,
        "disturbed": 0,
    }


# Lost.


def test_an_accepted_purchase_without_a_run_is_lost(world: World) -> None:
    world.send("P-9")
    assert world.faults() == {("lost", "P-9")}


def test_a_purchase_that_the_server_did_not_take_is_not_lost(world: World) -> None:
    world.sent.append(Sent("P-9", "T-9", first=True, accepted=False))
    assert world.found() == []


@pytest.mark.parametrize("outcome", ["killed", "completed"])
def test_a_purchase_whose_run_ended_without_an_esim_is_lost(world: World, outcome: str) -> None:
    world.send("P-9")
    world.sales.append(Sale("P-9", "run-9", "killed" if outcome == "killed" else "completed"))
    assert world.faults() == {("lost", "P-9")}


def test_a_purchase_that_failed_for_all_to_see_is_not_lost(world: World) -> None:
    world.send("P-9")
    world.sales.append(Sale("P-9", "run-9", "failed"))
    assert world.found() == []


@pytest.mark.parametrize("step", ["finding_esim", "activating", "provisioning_addon", "delivering", "failed"])
def test_a_purchase_that_is_stuck_is_lost(world: World, step: Step) -> None:
    world.send("P-9")
    world.waiting("P-9", step)
    assert world.faults() == {("lost", "P-9")}


@pytest.mark.parametrize("step", ["waiting_for_stock", "needs_attention"])
def test_a_purchase_that_visibly_waits_is_not_lost(world: World, step: Step) -> None:
    world.send("P-9")
    world.waiting("P-9", step)
    assert world.found() == []


def test_a_run_that_does_not_say_where_it_is_is_lost(world: World) -> None:
    world.send("P-9")
    world.sales.append(Sale("P-9", "run-9", "running"))
    assert world.faults() == {("lost", "P-9")}


def test_an_accepted_top_up_that_no_subscription_knows_is_lost(world: World) -> None:
    world.send("P-9", first=False)
    assert world.faults() == {("lost", "P-9")}


def test_a_top_up_that_stays_pending_is_lost(world: World) -> None:
    world.send("P-9", first=False)
    world.provisioned(world.holdings[0].subscription, "P-9", None, "pending")
    assert world.faults() == {("lost", "P-9")}


def test_a_top_up_that_failed_for_all_to_see_is_not_lost(world: World) -> None:
    world.send("P-9", first=False)
    world.provisioned(world.holdings[0].subscription, "P-9", None, "failed")
    assert world.found() == []


def test_an_addon_that_sft_does_not_have_is_lost(world: World) -> None:
    world.endpoint("1")["addons"].pop()
    assert world.faults() == {("lost", "P-3")}


def test_an_addon_of_another_plan_is_lost(world: World) -> None:
    world.endpoint("1")["addons"][1]["plan_id"] = "PLAN-CHEAPER"
    assert world.faults() == {("lost", "P-3")}


def test_an_addon_that_was_somebody_elses_before_is_lost(world: World) -> None:
    world.send("P-9", first=False)
    world.instance("1", "709", by="stranger")
    world.provisioned(world.holdings[0].subscription, "P-9", "709")
    assert world.faults() == {("lost", "P-9")}


def test_two_purchases_with_one_instance_lose_one(world: World) -> None:
    world.send("P-9", first=False)
    world.provisioned(world.holdings[0].subscription, "P-9", "703")
    assert world.faults() == {("lost", "P-9")}


def test_a_sale_that_its_subscription_does_not_know_is_lost(world: World) -> None:
    del world.holdings[1].subscription.addons[0]
    assert world.faults() == {("lost", "P-2")}


def test_a_sale_whose_subscription_is_gone_is_lost_and_dangles(world: World) -> None:
    del world.holdings[1]
    assert world.faults() == {("lost", "P-2"), ("dangling", "2")}


def test_a_sold_endpoint_that_is_not_active_is_lost(world: World) -> None:
    world.suspend("2")
    assert world.faults() == {("lost", "P-2")}


# Duplicated.


def test_an_instance_that_nobody_bought_is_a_duplicate(world: World) -> None:
    world.instance("1", "709")
    assert world.faults() == {("duplicated", "1")}


def test_an_instance_on_an_endpoint_that_was_given_back_is_a_duplicate(world: World) -> None:
    world.activate("3")
    world.instance("3", "709")
    world.suspend("3")
    world.hold("3", status="quarantined", running=False)
    assert world.faults() == {("duplicated", "3")}


def test_an_instance_that_somebody_else_put_there_is_no_duplicate(world: World) -> None:
    world.instance("1", "709", by="stranger")
    assert world.found() == []


def test_a_purchase_sold_on_two_endpoints_is_a_duplicate(world: World) -> None:
    world.claim_sold("P-1", "3", "709")
    world.activate("3")
    world.instance("3", "709")
    world.provisioned(world.hold("3"), "P-1", "709")
    assert world.faults() == {("duplicated", "P-1")}


def test_a_purchase_with_two_instances_on_one_endpoint_is_a_duplicate(world: World) -> None:
    world.instance("1", "709")
    world.provisioned(world.holdings[0].subscription, "P-3", "709")
    assert world.faults() == {("duplicated", "P-3")}


def test_a_completed_purchase_started_again_with_the_same_result_is_no_duplicate(world: World) -> None:
    world.claim_sold("P-1", "1", "701")
    assert world.found() == []


def test_a_portal_that_was_told_something_else_is_a_duplicate(world: World) -> None:
    world.sent[2] = replace(world.sent[2], told=frozenset({"703", "709"}))
    assert world.faults() == {("duplicated", "P-3")}


# Shared.


def test_an_endpoint_sold_to_two_purchases_is_shared(world: World) -> None:
    world.send("P-9", "T-9")
    world.claim_sold("P-9", "1", "709", "T-9")
    world.instance("1", "709")
    world.provisioned(world.holdings[0].subscription, "P-9", "709")
    assert world.faults() == {("shared", "1")}


def test_a_subscription_of_another_traveler_is_shared(world: World) -> None:
    world.holdings[1].subscription.traveler_id = "T-9"
    assert world.faults() == {("shared", "2")}


def test_an_endpoint_that_a_stranger_had_activated_is_shared(world: World) -> None:
    world.activate("3", by="stranger", fault="already_active")
    world.sell("P-9", "3", "709")
    assert world.faults() == {("shared", "3")}


def test_a_refused_token_before_does_not_excuse_taking_a_strangers_endpoint(world: World) -> None:
    world.call("3", "expired_http")
    world.activate("3", by="stranger", fault="already_active")
    world.sell("P-9", "3", "709")
    assert world.faults() == {("shared", "3")}


def test_a_stranger_who_came_after_an_unanswered_request_of_ours_cannot_be_told_from_us(world: World) -> None:
    world.call("3", "late")
    world.activate("3", by="stranger", fault="already_active")
    world.sell("P-9", "3", "709")
    assert world.found() == []


def test_so_does_one_who_came_after_an_attempt_that_died_with_its_worker(world: World) -> None:
    world.activate("3", by="stranger", fault="already_active")
    world.sell("P-9", "3", "709")
    world.sales[-1] = replace(world.sales[-1], cut_off=frozenset({"3"}))
    assert world.found() == []


def test_so_does_one_who_came_after_such_an_attempt_of_a_purchase_that_is_forgotten(world: World) -> None:
    world.activate("3", by="stranger", fault="already_active")
    world.sell("P-9", "3", "709")
    assert world.faults() == {("shared", "3")}
    world.cut_off.add("3")
    assert world.found() == []


# Dangling.


def test_an_active_endpoint_that_nobody_holds_dangles(world: World) -> None:
    world.activate("3")
    assert world.faults() == {("dangling", "3")}


def test_an_active_endpoint_that_was_quarantined_dangles(world: World) -> None:
    world.activate("3")
    world.hold("3", status="quarantined", running=False)
    assert world.faults() == {("dangling", "3")}


def test_an_active_endpoint_that_was_never_sold_dangles(world: World) -> None:
    world.activate("3")
    world.hold("3")
    assert world.faults() == {("dangling", "3")}


def test_a_strangers_active_endpoint_does_not_dangle(world: World) -> None:
    world.activate("3", by="stranger", fault="already_active")
    world.hold("3", status="quarantined", running=False)
    assert world.found() == []


def test_an_endpoint_that_a_waiting_purchase_holds_does_not_dangle(world: World) -> None:
    world.send("P-9")
    world.waiting("P-9", "needs_attention", "3")
    world.activate("3")
    world.hold("3", status="provisioning")
    assert world.found() == []


def test_a_claim_whose_run_has_ended_dangles(world: World) -> None:
    world.endpoint("3")
    world.hold("3", status="provisioning")
    assert world.faults() == {("dangling", "3")}


# Unreported.


def test_a_surplus_that_the_subscription_reports_is_right(world: World) -> None:
    world.instance("1", "709")
    world.remove("1", "709")
    world.holdings[0].subscription.surplus_removed.append("709")
    assert world.found() == []


def test_a_surplus_that_was_removed_without_a_word_is_unreported(world: World) -> None:
    world.instance("1", "709")
    world.remove("1", "709")
    assert world.faults() == {("unreported", "1")}


def test_a_surplus_that_was_not_removed_as_reported_is_unreported(world: World) -> None:
    world.holdings[0].subscription.surplus_removed.append("709")
    assert world.faults() == {("unreported", "1")}


def test_somebody_elses_instance_that_was_removed_is_reported(world: World) -> None:
    world.instance("1", "709", by="stranger")
    world.remove("1", "709")
    world.holdings[0].subscription.surplus_removed.append("709")
    assert world.faults() == {("unreported", "1")}


# Forgotten.


@pytest.mark.parametrize("code", [None, "LPA:1$smdp.example.com$ANOTHER"])
def test_a_sold_esim_without_its_activation_code_is_forgotten(world: World, code: str | None) -> None:
    world.recalls.append(Recall("P-1", "subscription-1", CODE, {"query esim": CODE, "the purchase": code}))
    assert world.faults() == {("forgotten", "P-1")}


def test_a_sold_esim_whose_code_is_answered_as_it_was_is_not_forgotten(world: World) -> None:
    world.recalls.append(Recall("P-1", "subscription-1", CODE, {"query esim": CODE, "the purchase": CODE}))
    assert world.found() == []


# Taken off on order.


def test_an_addon_that_was_taken_off_on_order_is_neither_lost_nor_removed_in_silence(world: World) -> None:
    world.remove("1", "703")
    world.holdings[0].subscription.addons[-1].status = "removed"
    assert world.found() == []


def test_the_first_addon_can_be_taken_off_too(world: World) -> None:
    world.remove("2", "702")
    world.holdings[1].subscription.addons[0].status = "removed"
    assert world.found() == []


def test_an_addon_that_is_said_to_be_taken_off_and_is_still_there_is_found(world: World) -> None:
    world.holdings[0].subscription.addons[-1].status = "removed"
    assert world.faults() == {("unreported", "1")}


# What the product's own audit finds.


def test_what_the_audit_finds_at_the_end_is_dangling(world: World) -> None:
    world.audit = [
        Finding(kind="suspended_though_active", endpoint_id="1", here="active", at_sft="Suspended"),
        Finding(kind="unmatched", endpoint_id="2", here="active", at_sft="Active", unique_ids=["702"]),
    ]
    assert world.faults() == {("dangling", "1"), ("dangling", "2")}


def test_what_a_stranger_did_the_audit_has_to_find(world: World) -> None:
    world.activate("3", by="stranger")
    world.instance("1", "709", by="stranger")
    world.audit = [
        Finding(kind="active_without_owner", endpoint_id="3", at_sft="Active"),
        Finding(kind="unmatched", endpoint_id="1", here="active", at_sft="Active", unique_ids=["709"]),
    ]
    assert world.found() == []


# Taken over.


@pytest.fixture
def customer(world: World) -> Subscription:
    """One whose eSIM was sold elsewhere with an add-on, and is taken over."""
    return world.take_over("5", {"P-old": "705"})


def test_an_esim_that_was_taken_over_and_topped_up_is_in_order(world: World, customer: Subscription) -> None:
    world.call("5", call="GetEndPointProfile")
    assert world.found() == []
    world.call("5", call="SubscribeAddon")
    world.top_up(customer, "P-9", "709")
    assert world.found() == []


def test_one_that_nobody_took_over_dangles_with_what_it_came_with(world: World, customer: Subscription) -> None:
    world.taken_over.clear()
    del world.holdings[-1]
    assert world.faults() == {("dangling", "5"), ("duplicated", "5")}


def test_one_that_is_said_to_be_taken_over_and_has_no_subscription_is_found(
    world: World, customer: Subscription
) -> None:
    del world.holdings[-1]
    assert world.faults() == {("dangling", "5"), ("duplicated", "5"), ("lost", "P-old")}


def test_one_that_is_shown_to_another_traveler_is_shared(world: World, customer: Subscription) -> None:
    customer.traveler_id = "T-9"
    assert world.faults() == {("shared", "5")}


def test_one_that_was_sold_once_more_is_shared(world: World, customer: Subscription) -> None:
    world.send("P-9", "T-old")
    world.claim_sold("P-9", "5", "705", "T-old")
    customer.addons[0].purchase_id = "P-9"
    world.taken_over[0] = replace(world.taken_over[0], addons={})
    assert world.faults() == {("shared", "5")}


def test_what_it_came_with_is_lost_if_it_is_gone(world: World, customer: Subscription) -> None:
    world.endpoint("5")["addons"].clear()
    assert world.faults() == {("lost", "P-old")}


def test_what_it_came_with_is_lost_if_its_subscription_does_not_show_it(world: World, customer: Subscription) -> None:
    customer.addons.clear()
    assert world.faults() == {("lost", "P-old"), ("duplicated", "5")}


def test_a_purchase_that_stands_for_another_instance_is_a_duplicate(world: World, customer: Subscription) -> None:
    world.instance("5", "709", by="elsewhere")
    world.taken_over[0] = replace(world.taken_over[0], addons={"P-old": "705", "P-other": "709"})
    world.provisioned(customer, "P-other", "705")
    assert ("duplicated", "P-other") in world.faults()


@pytest.mark.parametrize("call", ["EndPointLifeCycleChange", "EndPointActivation", "SubscribeAddon", "endpoint"])
def test_whatever_was_sent_to_change_one_that_nothing_was_bought_for_disturbs_it(
    world: World, customer: Subscription, call: str
) -> None:
    world.call("5", call=call)
    assert world.faults() == {("disturbed", "5")}


def test_an_order_that_nobody_gave_disturbs_one_that_was_topped_up(world: World, customer: Subscription) -> None:
    world.top_up(customer, "P-9", "709")
    world.call("5")
    assert world.faults() == {("disturbed", "5")}


def test_what_the_audit_finds_of_one_that_was_taken_over_is_dangling(world: World, customer: Subscription) -> None:
    world.audit = [
        Finding(kind="active_without_owner", endpoint_id="5", at_sft="Active"),
        Finding(kind="unmatched", endpoint_id="5", here="active", at_sft="Active", unique_ids=["705"]),
    ]
    assert world.faults() == {("dangling", "5")}
