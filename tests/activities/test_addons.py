"""Looking at an endpoint's add-ons, putting one on it, settling what was not answered, and removing a surplus."""

from typing import Any

import pytest
from temporalio.client import Client

from activities.addons import AddonActivities
from activities.messages import AddonOrder, AddonSearch, Endpoint, Surplus
from activities.runs import RunActivities
from sft import fields
from sft.client import SftClient
from tests.support.activity import OUTCOMES, attempt, refusal
from tests.support.plain_runs import listed, new_purchase, started, without_visibility
from tests.support.seller import PLAN
from tools.simulator.fault import Fault
from tools.simulator.platform import Platform

DAILY = "PLAN-WAKANDA-DAILY"
SUBSCRIBE = "SubscribeAddon"


@pytest.fixture
def addons(sft: SftClient, client: Client) -> AddonActivities:
    return AddonActivities(sft, RunActivities(client), settle_seconds=20, channels=["portal"])


@pytest.fixture
def endpoint_id(platform: Platform) -> str:
    return platform.endpoints[0].endpoint_id


async def test_a_look_shows_the_instances_the_state_and_what_the_worker_is_set_to(
    addons: AddonActivities, platform: Platform, endpoint_id: str
) -> None:
    instances = [platform.add_foreign_addon(endpoint_id, plan) for plan in (PLAN, DAILY)]
    look = await attempt(addons.look_at_endpoint, Endpoint(endpoint_id=endpoint_id))
    assert look.instances == {PLAN: [instances[0].unique_id], DAILY: [instances[1].unique_id]}
    assert (look.status, look.settle_seconds, look.channels) == ("Pre-Active", 20, ["portal"])


async def test_a_look_at_many_instances_reads_no_more_than_it_tells_and_is_small(
    addons: AddonActivities, platform: Platform, endpoint_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dates = list[object]()
    monkeypatch.setattr(fields, "moment", lambda value, *_zone, **_fold: dates.append(value))
    ids = [platform.add_foreign_addon(endpoint_id, PLAN).unique_id for _ in range(300)]
    look = await attempt(addons.look_at_endpoint, Endpoint(endpoint_id=endpoint_id))
    assert look.instances == {PLAN: ids}
    assert dates == []
    assert len(look.model_dump_json()) < 300 * (len(ids[0]) + 3) + 200  # two quotes and a comma


async def test_an_addon_is_provisioned_once_and_told_by_its_unique_id(
    addons: AddonActivities, platform: Platform, endpoint_id: str
) -> None:
    provisioned = await attempt(addons.provision_addon, AddonOrder(endpoint_id=endpoint_id, plan_id=PLAN))
    [instance] = platform.endpoint(endpoint_id).addons
    assert (provisioned.plan_id, provisioned.unique_id) == (PLAN, instance.unique_id)
    assert platform.calls[SUBSCRIBE] == 1


@pytest.mark.parametrize(
    ("kind", "type", "final"),
    [("rejected", "AddonRejected", True), *OUTCOMES, ("missing_field", "SftUnanswered", False)],
)
async def test_an_addon_that_was_refused_is_told_from_one_that_was_not_sent_or_not_answered(
    addons: AddonActivities, platform: Platform, endpoint_id: str, kind: Any, type: str, final: bool
) -> None:
    platform.order(Fault(call=SUBSCRIBE, kind=kind))
    told = await refusal(addons.provision_addon, AddonOrder(endpoint_id=endpoint_id, plan_id=PLAN))
    assert (told.type, told.non_retryable) == (type, final)
    assert platform.calls[SUBSCRIBE] == 1


async def test_whether_visibility_lists_the_run_is_told_to_who_asks_for_it(
    addons: AddonActivities, client: Client, endpoint_id: str
) -> None:
    run = await started(client, new_purchase())
    await listed(client, run)
    order = AddonOrder(endpoint_id=endpoint_id, plan_id=PLAN)
    asking = order.model_copy(update={"asks_whether_listed": True})
    assert (await attempt(addons.provision_addon, asking, of=run)).is_run_listed
    assert not (await attempt(addons.provision_addon, order, of=run)).is_run_listed
    unlisted = client.get_workflow_handle(run.id, run_id="another run")
    assert not (await attempt(addons.provision_addon, asking, of=unlisted)).is_run_listed


async def test_a_visibility_that_does_not_answer_keeps_no_addon_from_its_endpoint(
    sft: SftClient, client: Client, platform: Platform, endpoint_id: str
) -> None:
    addons = AddonActivities(sft, RunActivities(without_visibility(client)), 20, [])
    asking = AddonOrder(endpoint_id=endpoint_id, plan_id=PLAN, asks_whether_listed=True)
    assert not (await attempt(addons.provision_addon, asking)).is_run_listed
    assert len(platform.endpoint(endpoint_id).addons) == 1


async def test_an_instance_of_the_plan_that_was_not_there_before_is_what_became_of_the_call(
    addons: AddonActivities, platform: Platform, endpoint_id: str
) -> None:
    known = [platform.add_foreign_addon(endpoint_id, PLAN).unique_id]
    platform.add_foreign_addon(endpoint_id, DAILY)
    search = AddonSearch(endpoint_id=endpoint_id, plan_id=PLAN, known=known)
    assert (await refusal(addons.settle_addon, search)).type == "NotSettledYet"
    fresh = platform.add_foreign_addon(endpoint_id, PLAN)
    assert (await attempt(addons.settle_addon, search)).unique_id == fresh.unique_id


async def test_only_after_the_settle_window_on_the_servers_clock_nothing_was_done(
    addons: AddonActivities, endpoint_id: str
) -> None:
    search = AddonSearch(endpoint_id=endpoint_id, plan_id=PLAN, known=[])
    waiting = await refusal(addons.settle_addon, search, seconds_since_scheduled=19.9)
    assert (waiting.type, waiting.non_retryable) == ("NotSettledYet", False)
    assert (await attempt(addons.settle_addon, search, seconds_since_scheduled=20)).unique_id is None


async def test_what_turns_up_in_the_last_look_still_counts(
    addons: AddonActivities, platform: Platform, endpoint_id: str
) -> None:
    late = platform.add_foreign_addon(endpoint_id, PLAN)
    search = AddonSearch(endpoint_id=endpoint_id, plan_id=PLAN, known=[])
    assert (await attempt(addons.settle_addon, search, seconds_since_scheduled=100)).unique_id == late.unique_id


async def test_a_look_that_fails_settles_nothing_however_late_it_is(
    addons: AddonActivities, platform: Platform, endpoint_id: str
) -> None:
    platform.order(Fault(call="GetEndPointProfile", kind="error_before"))
    search = AddonSearch(endpoint_id=endpoint_id, plan_id=PLAN, known=[])
    assert (await refusal(addons.settle_addon, search, seconds_since_scheduled=100)).type == "SftUnanswered"


async def test_a_surplus_is_removed_and_nothing_else(
    addons: AddonActivities, platform: Platform, endpoint_id: str
) -> None:
    surplus, bought = (platform.add_foreign_addon(endpoint_id, PLAN) for _ in range(2))
    await attempt(addons.remove_surplus, Surplus(endpoint_id=endpoint_id, unique_ids=[surplus.unique_id]))
    assert [addon.unique_id for addon in platform.endpoint(endpoint_id).addons] == [bought.unique_id]


async def test_what_an_unanswered_attempt_removed_already_is_not_named_again(
    addons: AddonActivities, platform: Platform, endpoint_id: str
) -> None:
    first, second = (platform.add_foreign_addon(endpoint_id, PLAN).unique_id for _ in range(2))
    platform.order(Fault(call="endpoint", kind="answer_lost"))
    one = Surplus(endpoint_id=endpoint_id, unique_ids=[first])
    assert (await refusal(addons.remove_surplus, one)).type == "SftUnanswered"
    await attempt(addons.remove_surplus, one)
    assert platform.calls["endpoint"] == 1
    # The simulated SFT refuses a request that names what is not there.
    await attempt(addons.remove_surplus, Surplus(endpoint_id=endpoint_id, unique_ids=[first, second]))
    assert platform.endpoint(endpoint_id).addons == []
