"""The add-on protocol against random sequences of outcomes, on a server that skips the time.

The simulator's clock is the real one, so what SFT does late is late by the number of calls that do not see it yet. What
nobody could decide does not occur here: somebody else's instance of a plan that is being bought was there before.
"""

import json
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from activities.messages import Owner
from contract.esim import AvailableEsim
from contract.subscription import Subscription
from contract.workflow_ids import subscription_id
from tests.support.seller import PLAN, Seller, seller
from tools.simulator.call import Call
from tools.simulator.endpoint import Endpoint
from tools.simulator.fault import Fault, Kind
from tools.simulator.journal import Entry
from tools.simulator.plan import plan_named
from workflows.handover import HandOver
from workflows.state import SubscriptionState

SETTLE_SECONDS: Final = 20
"""An unanswered SubscribeAddon is looked for six times within this window."""

PLANS: Final = (PLAN, "PLAN-WAKANDA-DAILY")
SOMEBODY_ELSES: Final = "PLAN-SOMEBODY-ELSES"

DONE: Final[list[Kind]] = [
    *("answer_lost", "reset_after", "error_after", "timeout_text"),
    *("broken_json", "html", "empty_body", "missing_field"),
]
NOT_DONE: Final[list[Kind]] = ["error_before", "reset", "rate_limited", "expired_http", "expired_envelope", "rejected"]

EXAMPLES: Final = os.environ.get("PROTOCOL_EXAMPLES")
"""How many stories to try, new ones in every run; the same 40 in every run if it is not set."""


@dataclass(frozen=True)
class Outcome:
    """How one call goes wrong."""

    kind: Kind
    after_calls: int = 0
    done: bool = True


Outcomes = Sequence[Outcome | None]
"""What becomes of the first calls of a name, one after the other; None for those with which nothing goes wrong."""


@dataclass(frozen=True)
class TopUp:
    """A purchase of a plan, so many minutes after the one before it."""

    plan: str = PLAN
    after_minutes: int = 0


@dataclass(frozen=True)
class Story:
    """Everything that happens to one endpoint."""

    top_ups: Sequence[TopUp] = (TopUp(),)
    there_before: Sequence[str] = ()
    """Plans of somebody else's instances."""
    subscribing: Outcomes = ()
    looking: Outcomes = ()
    removing: Outcomes = ()
    strangers: Sequence[int] = ()
    """After how many calls each of somebody else's instances appears."""
    newest_first: bool = False
    """In which order SFT lists add-ons."""


def outcomes(*, late_by: int, at_most: int) -> st.SearchStrategy[Outcomes]:
    outcome = st.one_of(
        st.none(),
        st.sampled_from([Outcome(kind) for kind in DONE]),
        st.sampled_from([*(Outcome(kind) for kind in NOT_DONE), Outcome("timeout_text", done=False)]),
        st.builds(Outcome, st.just("late"), st.integers(1, late_by)),
    )
    return st.lists(outcome, max_size=at_most)


stories = st.builds(
    Story,
    top_ups=st.lists(st.builds(TopUp, st.sampled_from(PLANS), st.sampled_from([0, 2, 60])), min_size=1, max_size=4),
    there_before=st.lists(st.sampled_from(PLANS), max_size=2),
    subscribing=outcomes(late_by=12, at_most=8),
    looking=outcomes(late_by=1, at_most=8),
    removing=outcomes(late_by=3, at_most=3),
    strangers=st.lists(st.integers(1, 20), max_size=2),
    newest_first=st.booleans(),
)

Run = WorkflowHandle[Any, Subscription]


@pytest.fixture(scope="module")
async def shop(skipping: WorkflowEnvironment) -> AsyncIterator[Seller]:
    async with seller(skipping.client, esims=0, sft_settle_seconds=SETTLE_SECONDS) as shop, shop.working():
        shop.platform.store.plans[SOMEBODY_ELSES] = plan_named(SOMEBODY_ELSES)
        yield shop


@pytest.mark.timeout(900)  # finding the simplest story that fails takes its time
@example(Story(subscribing=[Outcome("error_before")], there_before=[PLAN]))
@example(Story(subscribing=[Outcome("late", 6)], removing=[Outcome("answer_lost")]))
@example(Story(subscribing=[Outcome("late", 12)]))
@example(Story([TopUp(), TopUp()], subscribing=[Outcome("late", 7), None, Outcome("late", 7)], newest_first=True))
@example(
    Story(
        subscribing=[Outcome("late", 6)],
        removing=[Outcome("answer_lost")],
        looking=[None] * 9 + [Outcome("error_before")] * 14,
    )
)
@settings(max_examples=int(EXAMPLES or 15), derandomize=EXAMPLES is None, database=None, deadline=None)
@given(stories)
async def test_every_purchase_becomes_one_instance_or_none(
    skipping: WorkflowEnvironment, shop: Seller, story: Story
) -> None:
    [endpoint] = shop.platform.add_esims(1)
    prepare(shop, endpoint, story)
    run = await sold(shop, endpoint)
    for top_up in story.top_ups:
        await skipping.sleep(timedelta(minutes=top_up.after_minutes))
        await run.signal("addon_purchased", shop.addon(plan_id=top_up.plan))
    await skipping.sleep(timedelta(hours=48))
    subscription = await run.query("subscription", result_type=Subscription)
    assert_each_purchase_is_one_instance_or_none(shop, subscription, endpoint)
    assert_nothing_was_sent_again_too_early([event async for event in run.fetch_history_events()])
    await run.terminate()


def prepare(shop: Seller, endpoint: Endpoint, story: Story) -> None:
    shop.platform.newest_first = story.newest_first
    shop.platform.set_status(endpoint.endpoint_id, "Active")
    for plan in story.there_before:
        shop.platform.add_foreign_addon(endpoint.endpoint_id, plan)
    scripts: dict[Call, Outcomes] = {
        "SubscribeAddon": story.subscribing,
        "GetEndPointProfile": story.looking,
        "endpoint": story.removing,
    }
    for call, script in scripts.items():
        for position, outcome in enumerate(script):
            if outcome is not None:
                shop.platform.order(
                    Fault(
                        call=call,
                        kind=outcome.kind,
                        after_calls=outcome.after_calls,
                        done=outcome.done,
                        endpoint_id=endpoint.endpoint_id,
                        skip=position,
                    )
                )
    for calls in story.strangers:
        shop.platform.postponed.add(
            endpoint.endpoint_id,
            calls,
            lambda: shop.platform.add_foreign_addon(endpoint.endpoint_id, SOMEBODY_ELSES),
        )


async def sold(shop: Seller, endpoint: Endpoint) -> Run:
    """The subscription of an endpoint that was sold with one add-on, which is on it."""
    esim = AvailableEsim(
        endpoint_id=endpoint.endpoint_id, iccid=endpoint.iccid, activation_code=endpoint.activation_code
    )
    owner = Owner(workflow_id="provision-P-1", run_id="R-1")
    state = SubscriptionState.claimed(esim, shop.purchase(), owner, datetime.now(UTC))
    run = await shop.client.start_workflow(
        "TravelerSubscriptionWorkflow",
        state,
        id=subscription_id(endpoint.endpoint_id),
        task_queue=shop.task_queue,
        result_type=Subscription,
    )
    [first] = state.subscription.addons
    first.unique_id = shop.platform.add_foreign_addon(endpoint.endpoint_id, PLAN).unique_id
    first.status = "provisioned"
    await run.signal("hand_over", HandOver(addon=first))
    return run


def assert_each_purchase_is_one_instance_or_none(shop: Seller, subscription: Subscription, endpoint: Endpoint) -> None:
    bought = {addon.unique_id: addon.plan_id for addon in subscription.addons if addon.status == "provisioned"}
    failed = [addon for addon in subscription.addons if addon.status == "failed"]
    assert len(bought) + len(failed) == len(subscription.addons)
    [first, *_] = bought
    added = [change for change in endpoint.history if change.change == "addon_added"]
    foreign = {change.value for change in added if change.by == "stranger" and change.value != first}
    there = {instance.unique_id: instance.plan.plan_id for instance in endpoint.addons}
    assert foreign <= there.keys()
    assert {unique_id: plan for unique_id, plan in there.items() if unique_id not in foreign} == bought
    rejected = [entry for entry in subscribings(shop, endpoint) if entry.fault == "rejected"]
    assert [addon.error and addon.error.type for addon in failed] == ["AddonRejected" for _ in rejected]
    assert all(entry.done for entry in subscribings(shop, endpoint) if entry.fault == "late")
    assert subscription.surplus_removed == [instance.unique_id for instance in endpoint.removed_addons]


def subscribings(shop: Seller, endpoint: Endpoint) -> list[Entry]:
    calls = [entry for entry in shop.platform.log if entry.endpoint_id == endpoint.endpoint_id]
    return [entry for entry in calls if entry.call == "SubscribeAddon"]


def assert_nothing_was_sent_again_too_early(events: list[Any]) -> None:
    """Between an unanswered SubscribeAddon and the next one it was found, or the settle window has passed."""
    names: dict[int, str] = {}
    unanswered_at: float | None = None
    for event in events:
        now = event.event_time.ToNanoseconds() / 1e9
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
            names[event.event_id] = event.activity_task_scheduled_event_attributes.activity_type.name
            if names[event.event_id] == "provision_addon":
                assert unanswered_at is None or now - unanswered_at >= SETTLE_SECONDS
                unanswered_at = None
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED:
            failed = event.activity_task_failed_event_attributes
            if names[failed.scheduled_event_id] == "provision_addon":
                unanswered = failed.failure.application_failure_info.type == "SftUnanswered"
                unanswered_at = now if unanswered else None
        elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
            completed = event.activity_task_completed_event_attributes
            if names[completed.scheduled_event_id] == "settle_addon":
                [result] = completed.result.payloads
                if json.loads(result.data)["unique_id"]:
                    unanswered_at = None
