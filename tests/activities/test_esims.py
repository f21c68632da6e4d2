"""Finding an eSIM to claim, activating it, and suspending it."""

from typing import Any

import pytest
from temporalio.client import Client

from activities.addons import AddonActivities
from activities.esims import ActivationCall, EsimActivities
from activities.inventory import Inventory
from activities.messages import Endpoint, EsimSearch, LifecycleChange, Suspension
from activities.runs import RunActivities
from contract.order import SuspensionReason
from sft.client import SftClient
from tests.support.activity import OUTCOMES, attempt, refusal
from tests.support.plain_runs import ended, listed, new_purchase, queue_of, sold, started, without_visibility
from tests.support.seller import PLAN
from tools.simulator.fault import Fault
from tools.simulator.platform import Platform

LIFECYCLE = "EndPointLifeCycleChange"
ACTIVATION = "EndPointActivation"


def activities(
    sft: SftClient, client: Client, call: ActivationCall = "EndPointLifeCycleChange", looks: bool = True
) -> EsimActivities:
    runs = RunActivities(client)
    addons = AddonActivities(sft, runs, 20, ["portal"])
    return EsimActivities(sft, Inventory(sft, runs.is_claimed), runs, addons, call, lambda: not looks)


@pytest.fixture
def esims(sft: SftClient, client: Client) -> EsimActivities:
    return activities(sft, client)


@pytest.fixture
def endpoint(platform: Platform) -> Endpoint:
    return Endpoint(endpoint_id=platform.endpoints[0].endpoint_id)


async def test_what_is_found_is_what_sft_lists_but_for_what_this_run_failed_to_get(
    esims: EsimActivities, platform: Platform
) -> None:
    failed, *others = (endpoint.endpoint_id for endpoint in platform.endpoints)
    found = await attempt(esims.find_esim, EsimSearch(avoid=[failed]))
    assert found.esim is not None
    assert found.esim.endpoint_id in others
    assert found.esim.activation_code == platform.endpoint(found.esim.endpoint_id).activation_code


async def test_an_empty_inventory_is_an_answer(sft: SftClient, client: Client, platform: Platform) -> None:
    for endpoint in platform.endpoints:
        platform.set_status(endpoint.endpoint_id, "Active")
    assert (await attempt(activities(sft, client).find_esim, EsimSearch())).esim is None


async def test_a_purchase_that_was_sold_before_is_answered_without_a_call_to_sft(
    esims: EsimActivities, client: Client, platform: Platform
) -> None:
    purchase = new_purchase()
    earlier = await ended(client, purchase)
    await listed(client, earlier)
    queue = await queue_of(earlier)
    again = await started(client, purchase)
    found = await attempt(esims.find_esim, EsimSearch(purchase=purchase), of=again, task_queue=queue)
    assert (found.earlier, found.esim) == (sold(purchase), None)
    assert platform.calls.total() == 0


async def test_a_purchase_that_is_new_gets_an_esim_and_knows_whether_its_run_is_listed(
    esims: EsimActivities, client: Client
) -> None:
    purchase = new_purchase()
    run = await started(client, purchase)
    await listed(client, run)
    found = await attempt(esims.find_esim, EsimSearch(purchase=purchase), of=run)
    assert (found.earlier, found.is_run_listed) == (None, True)
    assert found.esim is not None


async def test_while_visibility_is_away_nothing_is_sold_and_it_is_not_blamed_on_sft(
    sft: SftClient, client: Client, platform: Platform
) -> None:
    away = activities(sft, without_visibility(client))
    told = await refusal(away.find_esim, EsimSearch(purchase=new_purchase()))
    assert (told.type, told.non_retryable) == ("VisibilityAway", False)
    assert platform.calls.total() == 0


async def test_sft_that_does_not_answer_is_told_as_such(esims: EsimActivities, platform: Platform) -> None:
    platform.order(Fault(call="fetchSIM", kind="error_before"))
    assert (await refusal(esims.find_esim, EsimSearch())).type == "SftUnanswered"


@pytest.mark.parametrize(
    ("call", "previous"), [("EndPointLifeCycleChange", "Pre-Active"), ("EndPointActivation", None)], ids=str
)
async def test_an_endpoint_is_activated_by_the_call_that_is_selected_and_looked_at_at_once(
    sft: SftClient, client: Client, platform: Platform, endpoint: Endpoint, call: Any, previous: str | None
) -> None:
    instance = platform.add_foreign_addon(endpoint.endpoint_id, PLAN)
    activation = await attempt(activities(sft, client, call).activate_esim, endpoint)
    assert activation.previous_status == previous
    assert platform.endpoint(endpoint.endpoint_id).status == "Active"
    assert activation.look is not None
    assert activation.look.unique_ids == {instance.unique_id}
    assert platform.calls == {"login": 1, call: 1, "GetEndPointProfile": 1}


@pytest.mark.parametrize("call", ["EndPointLifeCycleChange", "EndPointActivation"])
async def test_that_it_was_active_before_is_told_by_either_call(
    sft: SftClient, client: Client, platform: Platform, endpoint: Endpoint, call: Any
) -> None:
    platform.set_status(endpoint.endpoint_id, "Active")
    assert (await attempt(activities(sft, client, call).activate_esim, endpoint)).previous_status == "Active"


async def test_where_each_call_has_to_be_an_activity_nothing_is_looked_at_after_an_activation(
    sft: SftClient, client: Client, platform: Platform, endpoint: Endpoint
) -> None:
    assert (await attempt(activities(sft, client, looks=False).activate_esim, endpoint)).look is None
    assert platform.calls["GetEndPointProfile"] == 0


async def test_a_look_that_fails_does_not_make_an_activation_one_that_was_not_answered(
    esims: EsimActivities, platform: Platform, endpoint: Endpoint
) -> None:
    platform.order(Fault(call="GetEndPointProfile", kind="error_before"))
    activation = await attempt(esims.activate_esim, endpoint)
    assert (activation.previous_status, activation.look) == ("Pre-Active", None)


@pytest.mark.parametrize(
    ("kind", "type", "final"),
    [("rejected", "ActivationRejected", True), *OUTCOMES],
)
async def test_a_change_that_was_refused_is_told_from_one_that_was_not_sent_or_not_answered(
    esims: EsimActivities, platform: Platform, endpoint: Endpoint, kind: Any, type: str, final: bool
) -> None:
    change = LifecycleChange(endpoint_id=endpoint.endpoint_id, to="Active", reason="system")
    for activity, order in ((esims.activate_esim, endpoint), (esims.change_lifecycle, change)):
        platform.order(Fault(call=LIFECYCLE, kind=kind))
        told = await refusal(activity, order)
        assert (told.type, told.non_retryable) == (type, final)
    assert platform.calls[LIFECYCLE] == 2


@pytest.mark.parametrize(("reason", "code"), [("system", "1"), ("non_payment", "2"), ("customer_service", "3")])
async def test_an_endpoint_is_suspended_and_resumed_for_the_reason_that_was_given(
    esims: EsimActivities, platform: Platform, reason: SuspensionReason, code: str
) -> None:
    endpoint = platform.endpoints[0]
    platform.set_status(endpoint.endpoint_id, "Active")
    suspended = LifecycleChange(endpoint_id=endpoint.endpoint_id, to="Suspended", reason=reason)
    await attempt(esims.change_lifecycle, suspended)
    assert (endpoint.status, endpoint.reason) == ("Suspended", code)
    await attempt(esims.change_lifecycle, suspended.model_copy(update={"to": "Active", "reason": "system"}))
    assert (endpoint.status, endpoint.reason) == ("Active", "1")
    await attempt(esims.suspend_esim, Suspension(endpoint_id=endpoint.endpoint_id, reason=reason))
    assert (endpoint.status, endpoint.reason) == ("Suspended", code)


async def test_a_suspension_that_must_happen_is_retried_even_when_sft_refuses_it(
    esims: EsimActivities, platform: Platform, endpoint: Endpoint
) -> None:
    platform.order(Fault(call=LIFECYCLE, kind="rejected"))
    told = await refusal(esims.suspend_esim, Suspension(endpoint_id=endpoint.endpoint_id))
    assert (told.type, told.non_retryable) == ("SftUnavailable", False)
    assert told.next_retry_delay is not None
