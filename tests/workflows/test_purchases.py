"""A subscription remembers every purchase, however many there were, and stays small."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from contract.addon import Addon, AddonError
from contract.purchase import AddonPurchase
from contract.subscription import Subscription
from contract.workflow_ids import subscription_id
from tests.support.seller import PLAN, Seller
from tests.support.subscription_states import bought, failed, state_with
from workflows.archive import FAILED_LONG_AGO
from workflows.purchases import KEPT, MOST, Purchases
from workflows.state import SubscriptionState, Track

MANY = 5_000

BOUGHT = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
NOW = BOUGHT + timedelta(days=1)
WHEN = {"bought_at": BOUGHT, "decided_at": BOUGHT + timedelta(seconds=7), "ordered_by": "my-portal"}


def purchase_of(addon: Addon) -> AddonPurchase:
    return AddonPurchase(purchase_id=addon.purchase_id, product=addon.product, plan_id=addon.plan_id)


async def test_with_5000_purchases_it_stays_small_answers_at_once_and_forgets_nothing(shop: Seller) -> None:
    endpoint_id = shop.platform.endpoints[0].endpoint_id
    shop.platform.set_status(endpoint_id, "Active")
    state = state_with([bought(number) for number in range(MANY)], endpoint_id)
    Purchases(state).keep_small()
    run = await shop.client.start_workflow(
        "TravelerSubscriptionWorkflow",
        state,
        id=subscription_id(endpoint_id),
        task_queue=shop.task_queue,
        result_type=Subscription,
    )
    again = await run.execute_update("purchase_addon", purchase_of(bought(0)), result_type=Addon)
    assert again == bought(0)
    assert shop.platform.calls["SubscribeAddon"] == 0
    one_more = await run.execute_update("purchase_addon", shop.addon(), result_type=Addon)
    assert one_more.status == "provisioned"
    seconds = []
    for _ in range(9):
        began = time.monotonic()
        subscription = await shop.subscription(endpoint_id)
        seconds.append(time.monotonic() - began)
    assert sorted(seconds)[4] < 0.1
    assert subscription.addons[-1] == one_more
    assert len(subscription.addons) + subscription.archived == MANY + 1
    assert len(state.model_dump_json()) < 1_000_000
    assert len(subscription.model_dump_json()) < 1_000_000
    assert await run.query("addon", {"purchase_id": "P-17"}, result_type=Addon) == bought(17)
    assert await run.query("addon", {"purchase_id": "P-unknown"}) is None
    with pytest.raises(WorkflowUpdateFailedError) as caught:
        await run.execute_update("purchase_addon", {"purchase_id": "P-0", "product": "Another", "plan_id": PLAN})
    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.type == "InvalidRequest"
    await run.terminate()


def test_the_longest_ids_of_5000_purchases_stay_under_a_megabyte() -> None:
    addons = [
        bought(number, purchase_id=f"{number:064}", product="P" * 200, plan_id="I" * 200, **WHEN)
        for number in range(MANY)
    ]
    state = state_with(addons)
    Purchases(state).keep_small()
    assert len(state.model_dump_json()) < 1_000_000


def test_what_is_not_over_stays_in_full_and_so_do_the_newest() -> None:
    state = state_with([bought(number) for number in range(300)])
    state.tracks = {f"P-{number}": Track(gone=number != 7) for number in range(300)}
    Purchases(state).keep_small()
    assert [addon.purchase_id for addon in state.subscription.addons] == ["P-7", *(f"P-{n}" for n in range(200, 300))]
    assert len(state.subscription.addons) == KEPT + 1
    assert state.subscription.archived == 199
    assert set(state.tracks) == {addon.purchase_id for addon in state.subscription.addons}


def test_a_pending_purchase_is_never_archived() -> None:
    state = state_with([bought(0, status="pending", unique_id=None), *(bought(n) for n in range(1, MOST + 10))])
    Purchases(state).keep_small()
    assert state.subscription.addons[0].purchase_id == "P-0"


def test_a_purchase_that_failed_long_ago_can_be_tried_again() -> None:
    state = state_with([failed(0).model_copy(update=WHEN), *(bought(number) for number in range(1, 200))])
    purchases = Purchases(state)
    purchases.keep_small()
    archived = Purchases(SubscriptionState.model_validate_json(state.model_dump_json()))
    for book in (purchases, archived):
        known = book.find("P-0")
        assert known is not None
        assert known.error == AddonError(type="AddonRejected", message=FAILED_LONG_AGO)
    again = purchases.accept(purchase_of(failed(0)), NOW)
    assert (again.status, again.error, again.bought_at, again.decided_at) == ("pending", None, BOUGHT, None)
    assert purchases.accept(purchase_of(failed(0)), NOW) is again
    assert state.queue == ["P-0"]
    assert state.subscription.addons[-1] is again
    assert "P-0" not in [row[0] for row in state.archive.rows]
    assert state.subscription.archived == len(state.archive.rows)


def test_every_instance_that_was_ever_bought_is_accounted_for() -> None:
    state = state_with([bought(number) for number in range(MOST + 50)])
    purchases = Purchases(state)
    purchases.keep_small()
    assert sorted(purchases.accounted()) == [str(7_000_000 + number) for number in range(MOST + 50)]


def test_when_it_was_bought_and_decided_and_who_ordered_it_is_never_forgotten() -> None:
    of_before = [bought(number) for number in range(KEPT)]
    state = state_with([*of_before, *(bought(number, **WHEN) for number in range(KEPT, MOST))])
    state.tracks = {f"P-{number}": Track(gone=True) for number in range(MOST)}
    purchases = Purchases(state)
    purchases.keep_small()
    assert state.subscription.archived == MOST - KEPT
    assert purchases.find("P-17") == bought(17)
    assert purchases.find("P-300") == bought(300, **WHEN)
    carried = Purchases(SubscriptionState.model_validate_json(state.model_dump_json()))
    assert carried.page(0)["addons"] == [*of_before, *(bought(number, **WHEN) for number in range(KEPT, MOST))]
    some = [bought(number, **WHEN) for number in range(MOST - KEPT - 1, MOST)]
    assert carried.page(MOST - KEPT - 1) == {"addons": some, "archived": 0}
    assert carried.page(MOST)["addons"] == []


def test_purchases_that_a_build_archived_which_knew_no_times_do_not_get_those_of_others() -> None:
    state = state_with([failed(0), *(bought(number) for number in range(1, 200))])
    state.tracks = {f"P-{number}": Track(gone=True) for number in range(200)}
    Purchases(state).keep_small()
    state.archive.circumstances = []  # as that build leaves it
    state.archive.add(bought(500, **WHEN))
    purchases = Purchases(state)
    purchases.accept(purchase_of(failed(0)), NOW)
    assert [purchases.find("P-1"), purchases.find("P-500")] == [bought(1), bought(500, **WHEN)]
