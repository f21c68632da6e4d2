"""The add-on protocol against random sequences of outcomes, on a server that skips the time.

SFT's clock is the real one, so what it does late is late by the number of calls that do not see it yet. What nobody can
decide does not occur here: somebody else's instance of the very plan that is being bought is there before, or never.
"""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from domain.subscription import Subscription
from simulator.call import Call
from simulator.endpoint import Endpoint
from simulator.fault import Fault
from tests.seller import PLAN, Seller, seller

SETTLE_SECONDS: Final = 20
"""An unanswered SubscribeAddon is looked for six times within this window."""

PLANS: Final = (PLAN, "PLAN-WAKANDA-DAILY")
SOMEBODY_ELSES: Final = "PLAN-SOMEBODY-ELSES"

settings.register_profile("default", derandomize=True, database=None, deadline=None, max_examples=60)
settings.register_profile("thorough", database=None, deadline=None, max_examples=500, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def done(call: Call) -> list[Fault]:
    """Outcomes of a call that was done and not answered as it should be."""
    kinds = ("answer_lost", "reset_after", "error_after", "timeout_text", "broken_json", "html", "missing_field")
    return [Fault.model_validate({"call": call, "kind": kind}) for kind in kinds]


def not_done(call: Call) -> list[Fault]:
    return [
        Fault(call=call, kind="error_before"),
        Fault(call=call, kind="reset"),
        Fault(call=call, kind="timeout_text", done=False),
        Fault(call=call, kind="rate_limited", retry_after=7),
        Fault(call=call, kind="expired_http"),
        Fault(call=call, kind="expired_envelope"),
        Fault(call=call, kind="rejected"),
    ]


def late(call: Call, most_calls: int) -> st.SearchStrategy[Fault]:
    return st.builds(Fault, call=st.just(call), kind=st.just("late"), after_calls=st.integers(1, most_calls))


Outcomes = list[Fault | None]


def outcomes(call: Call, *, at_most: int, late_calls: int = 0) -> st.SearchStrategy[Outcomes]:
    """What becomes of the first calls, one after the other; None for those that nothing goes wrong with."""
    kinds = [st.none(), st.sampled_from(done(call)), st.sampled_from(not_done(call))]
    return st.lists(st.one_of(*kinds, *([late(call, late_calls)] if late_calls else [])), max_size=at_most)


@dataclass(frozen=True)
class TopUp:
    """A purchase of a plan, so many minutes after the one before it; those of 0 come in one burst."""

    plan: str
    after_minutes: int


@dataclass(frozen=True)
class Story:
    """Everything that happens to one endpoint."""

    there_before: list[str]
    top_ups: list[TopUp]
    subscribing: Outcomes
    looking: Outcomes
    removing: Outcomes
    strangers: list[int]
    """After how many calls each of somebody else's instances appears."""


stories = st.builds(
    Story,
    there_before=st.lists(st.sampled_from(PLANS), max_size=2),
    top_ups=st.lists(st.builds(TopUp, st.sampled_from(PLANS), st.sampled_from([0, 0, 2, 60])), min_size=1, max_size=4),
    subscribing=outcomes("SubscribeAddon", at_most=8, late_calls=12),
    looking=st.one_of(st.just([]), outcomes("GetEndPointProfile", at_most=12)),
    removing=outcomes("endpoint", at_most=3, late_calls=3),
    strangers=st.lists(st.integers(1, 20), max_size=2),
)

Run = WorkflowHandle[Any, Subscription]


@pytest.fixture(scope="module")
async def shop(skipping: WorkflowEnvironment) -> AsyncIterator[Seller]:
    async with seller(skipping.client, esims=0, sft_settle_seconds=SETTLE_SECONDS) as shop, shop.working():
        yield shop


@given(story=stories)
async def test_every_purchase_becomes_one_instance_or_none(
    skipping: WorkflowEnvironment, shop: Seller, story: Story
) -> None:
    [endpoint] = shop.platform.add_esims(1)
    prepare(shop, endpoint, story)
    run = await sold(shop, endpoint)
    for top_up in story.top_ups:
        await skipping.sleep(timedelta(minutes=top_up.after_minutes))
        await run.signal("addon_purchased", shop.addon(plan_id=top_up.plan))
    await skipping.sleep(timedelta(hours=12))
    await skipping.sleep(timedelta(hours=36))
    subscription = await run.query("subscription", result_type=Subscription)
    assert_each_purchase_is_one_instance_or_none(subscription, endpoint)
    assert_nothing_was_sent_again_too_early([event async for event in run.fetch_history_events()])


def prepare(shop: Seller, endpoint: Endpoint, story: Story) -> None:
    shop.platform.set_status(endpoint.endpoint_id, "Active")
    for plan in story.there_before:
        shop.platform.add_foreign_addon(endpoint.endpoint_id, plan)
    for script in (story.subscribing, story.looking, story.removing):
        for position, fault in enumerate(script):
            if fault is not None:
                order = {"skip": position, "endpoint_id": endpoint.endpoint_id}
                shop.platform.order(fault.model_copy(update=order))
