"""What only the Temporal server knows: earlier runs of a purchase, claims, and whether a run is still there."""

import logging
import time

import pytest
from temporalio.client import Client

from activities import runs as module
from activities.messages import Owner, OwnerState
from activities.runs import RunActivities
from contract.workflow_ids import subscription_id
from tests.support.activity import attempt, refusal
from tests.support.plain_runs import ended, listed, new_purchase, queue_of, sold, started, without_visibility


@pytest.fixture
def runs(client: Client) -> RunActivities:
    return RunActivities(client)


async def test_what_an_earlier_run_returned_is_recalled(client: Client, runs: RunActivities) -> None:
    purchase = new_purchase()
    earlier = await ended(client, purchase)
    await listed(client, earlier)
    queue = await queue_of(earlier)
    again = await started(client, purchase)
    await listed(client, again)
    assert (await attempt(runs.recall, purchase, of=again, task_queue=queue)).result == sold(purchase)


async def test_a_run_of_its_own_and_one_that_failed_are_no_earlier_sale(client: Client, runs: RunActivities) -> None:
    purchase = new_purchase()
    failing = purchase.model_copy(update={"plan_id": "PLAN-UNHEARD-OF"})
    await listed(client, await ended(client, failing))
    again = await started(client, purchase)
    await listed(client, again)
    recalled = await attempt(runs.recall, purchase, of=again)
    assert (recalled.result, recalled.is_run_listed) == (None, True)


@pytest.mark.parametrize("other", [{"plan_id": "PLAN-OTHER"}, {"product": "Other"}, {"traveler_id": "T-43"}], ids=str)
async def test_what_was_sold_as_something_else_is_refused(
    client: Client, runs: RunActivities, other: dict[str, str]
) -> None:
    purchase = new_purchase()
    earlier = await ended(client, purchase)
    await listed(client, earlier)
    queue = await queue_of(earlier)
    conflicting = purchase.model_copy(update=other)
    told = await refusal(runs.recall, conflicting, of=await started(client, conflicting), task_queue=queue)
    assert (told.type, told.non_retryable) == ("InvalidRequest", True)
    assert purchase.purchase_id in told.message
    assert purchase.product in told.message


async def test_a_run_that_visibility_does_not_list_yet_is_told_from_one_that_it_does(
    client: Client, runs: RunActivities
) -> None:
    run = await started(client, new_purchase())
    await listed(client, run)
    unlisted = client.get_workflow_handle(run.id, run_id="another run")
    await attempt(runs.wait_until_listed, of=run)
    assert await attempt(runs.is_listed, of=run)
    assert not await attempt(runs.is_listed, of=unlisted)
    assert not (await attempt(runs.recall, new_purchase(), of=unlisted)).is_run_listed


async def test_an_owner_runs_until_it_has_ended_and_one_that_is_unknown_does_not(
    client: Client, runs: RunActivities
) -> None:
    purchase = new_purchase()
    run = await started(client, purchase)
    owner = Owner(workflow_id=run.id, run_id=run.result_run_id or "")
    assert (await attempt(runs.look_at_owner, owner)).running
    await run.terminate()
    again = await client.start_workflow("ProvisionEsimWorkflow", new_purchase(), id=run.id, task_queue="nobody")
    assert not (await attempt(runs.look_at_owner, owner)).running
    completed = await ended(client, purchase, id=f"{run.id}-completed")
    assert await attempt(runs.look_at_owner, Owner(workflow_id=completed.id, run_id=completed.result_run_id or "")) == (
        OwnerState(running=False, sold=sold(purchase))
    )
    unknown = Owner(workflow_id=f"{run.id}-unknown", run_id=again.result_run_id or "")
    assert not (await attempt(runs.look_at_owner, unknown)).running


async def test_an_endpoint_is_claimed_until_its_subscription_releases_it_also_where_that_was_terminated(
    client: Client, runs: RunActivities
) -> None:
    purchase = new_purchase()
    number = purchase.purchase_id
    assert not await runs.is_claimed(number)
    running = await started(client, purchase, id=subscription_id(number))
    assert await runs.is_claimed(number)
    await running.terminate()
    assert await runs.is_claimed(number)
    await ended(client, purchase, id=subscription_id(f"{number}-closed"))
    assert await runs.is_claimed(f"{number}-closed")
    released = purchase.model_copy(update={"plan_id": "PLAN-UNHEARD-OF"})
    await ended(client, released, id=subscription_id(f"{number}-released"))
    assert not await runs.is_claimed(f"{number}-released")


async def test_a_sale_waits_half_a_minute_at_most_until_visibility_lists_it(
    client: Client, runs: RunActivities, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert module.LISTED_WITHIN_SECONDS == 30
    monkeypatch.setattr(module, "LISTED_WITHIN_SECONDS", 0.5)
    caplog.set_level(logging.WARNING)
    run, began = await started(client, new_purchase()), time.monotonic()
    unlisted = client.get_workflow_handle(run.id, run_id="another run")
    await attempt(runs.wait_until_listed, of=unlisted)
    assert time.monotonic() - began >= 0.5
    assert "a repeat of it may not be recognised" in caplog.text
    caplog.clear()
    away = RunActivities(without_visibility(client))
    await attempt(away.wait_until_listed, of=run)
    assert "a repeat of it may not be recognised" in caplog.text
