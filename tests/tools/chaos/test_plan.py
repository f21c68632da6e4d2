from tools.chaos.__main__ import FULL, QUICK
from tools.chaos.plan import CALLERS, CUSTOMERS, HANDS, OTHER_CEILINGS, UNKNOWN_PLAN, Plan, Purchase, plan
from tools.simulator.endpoint_store import FIRST_ENDPOINT


def purchases(decided: Plan) -> list[Purchase]:
    return [purchase for traveler in decided.travelers for purchase in (traveler.first, *traveler.top_ups)]


def test_the_same_seed_makes_the_same_plan_and_another_one_another() -> None:
    assert plan(7, FULL) == plan(7, FULL)
    assert plan(7, FULL).travelers != plan(8, FULL).travelers
    assert plan(7, FULL).kills != plan(8, FULL).kills


def test_a_full_run_is_as_large_as_it_says() -> None:
    decided = plan(1, FULL)
    assert len(decided.travelers) == 60
    assert len(purchases(decided)) == 330
    assert sum(kill.victim.startswith("worker") and kill.signal == 9 for kill in decided.kills) == 12
    assert sum(kill.victim == "temporal" and kill.signal == 9 for kill in decided.kills) == 3
    assert decided.strangers
    assert decided.foreign


def test_every_purchase_is_delivered_twice_some_at_once_and_some_later() -> None:
    decided = purchases(plan(1, FULL))
    assert {len(purchase.deliveries) for purchase in decided} == {2}
    gaps = [later.after - first.after for first, later in (purchase.deliveries for purchase in decided)]
    assert 0.3 < sum(gap == 0 for gap in gaps) / len(gaps) < 0.7
    assert all(gap >= 0 for gap in gaps)


def test_every_way_to_send_a_purchase_occurs() -> None:
    ways = {delivery.way for purchase in purchases(plan(1, FULL)) for delivery in purchase.deliveries}
    assert ways == {"start", "careless_start", "addon_purchased", "purchase_addon"}


def test_no_two_purchases_have_one_id() -> None:
    decided = purchases(plan(1, FULL))
    assert len({purchase.purchase_id for purchase in decided}) == len(decided)


def test_there_are_mistakes_and_cancellations_in_every_run() -> None:
    for size in (FULL, QUICK):
        travelers = plan(1, size).travelers
        assert {traveler.reaction for traveler in travelers} == {"amend", "cancel", "leave"}
        assert any(traveler.cancel_after is not None for traveler in travelers)
        assert any(traveler.cancel_at is not None for traveler in travelers)
        assert any(traveler.leaves_at is not None for traveler in travelers)
        assert any(traveler.first.plan_id == UNKNOWN_PLAN for traveler in travelers)


def test_every_force_is_in_every_plan() -> None:
    for size in (FULL, QUICK):
        for seed in (1, 2, 3, 90):
            decided = plan(seed, size)
            assert {meddling.hand for meddling in decided.meddlings} == set(HANDS)
            assert {meddling.activity for meddling in decided.meddlings} == {"provision_addon", "activate_esim"}
            assert {intruder.ceiling for intruder in decided.intruders} == set(OTHER_CEILINGS)
            assert all(decided.ceiling_due < intruder.due < size.seconds for intruder in decided.intruders)
            assert len(decided.customers) >= CUSTOMERS
            assert {bool(customer.purchase_ids) for customer in decided.customers} == {True, False}
            assert {bool(customer.top_ups) for customer in decided.customers} == {True, False}
            for name in ("cancel_again", "forgotten_after", "crowd", "terminated_at", "paid_back_at", "given_back_at"):
                assert any(getattr(traveler, name) is not None for traveler in decided.travelers)


def test_a_crowd_is_of_twenty_some_of_whom_send_the_same_purchase() -> None:
    for traveler in plan(1, FULL).travelers:
        if traveler.crowd:
            assert len(traveler.crowd.callers) == CALLERS
            assert CALLERS / 2 < len({caller.purchase_id for caller in traveler.crowd.callers}) < CALLERS


def test_what_is_forgotten_terminated_or_crowded_is_bought_by_travelers_who_stay() -> None:
    for traveler in plan(1, FULL).travelers:
        fates = [traveler.forgotten_after, traveler.terminated_at, traveler.crowd, traveler.paid_back_at]
        fates.append(traveler.given_back_at)
        if any(fate is not None for fate in fates):
            assert sum(fate is not None for fate in fates) == 1
            assert traveler.leaves_at is None
            assert not traveler.walks_away
            assert traveler.first.plan_id != UNKNOWN_PLAN


def test_the_first_rush_is_larger_than_the_stock() -> None:
    decided = plan(1, FULL)
    assert sum(traveler.first.due == 0 for traveler in decided.travelers) > decided.stock
    assert decided.stock + decided.later_stock > len(decided.travelers)


def test_everything_is_due_within_the_time() -> None:
    decided = plan(1, FULL)
    assert all(0 <= purchase.due < FULL.seconds for purchase in purchases(decided))
    assert all(0 < kill.due < FULL.seconds for kill in decided.kills)


def test_an_esim_is_taken_over_just_before_a_worker_is_killed_and_again() -> None:
    for size in (FULL, QUICK):
        decided = plan(1, size)
        deaths = [kill.due for kill in decided.kills if kill.victim.startswith("worker")]
        for customer in decided.customers:
            assert any(0 <= death - customer.due <= 2 for death in deaths)
            assert customer.due < customer.again < size.seconds


def test_the_stock_is_before_and_behind_the_esims_that_were_sold_elsewhere() -> None:
    decided = plan(1, FULL)
    ids = [decided.endpoint_id(position) for position in range(decided.stock + decided.later_stock)]
    first, count = FIRST_ENDPOINT, len(decided.customers)
    elsewhere = {str(first + decided.stock + n) for n in range(count)}
    assert set(ids) | elsewhere == {str(first + n) for n in range(len(ids) + count)}
    assert not elsewhere & set(ids)
