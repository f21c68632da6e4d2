import pytest
from pydantic import ValidationError

from tools.simulator.fault import Fault, Orders


def orders_of(*faults: Fault) -> Orders:
    orders = Orders()
    for fault in faults:
        orders.add(fault)
    return orders


def hits(orders: Orders, calls: int) -> list[str | None]:
    taken = [orders.take("fetchSIM", None) for _ in range(calls)]
    return [None if fault is None else fault.kind for fault in taken]


def test_a_fault_hits_once_unless_told_otherwise() -> None:
    assert hits(orders_of(Fault(call="fetchSIM", kind="html")), 2) == ["html", None]


def test_a_fault_hits_as_often_as_ordered() -> None:
    assert hits(orders_of(Fault(call="fetchSIM", kind="html", times=2)), 3) == ["html", "html", None]


def test_a_fault_ordered_for_zero_times_hits_until_the_orders_are_cleared() -> None:
    orders = orders_of(Fault(call="fetchSIM", kind="html", times=0))
    assert hits(orders, 50) == ["html"] * 50
    orders.clear()
    assert hits(orders, 1) == [None]


def test_skipped_calls_are_let_through_first() -> None:
    assert hits(orders_of(Fault(call="fetchSIM", kind="html", skip=2)), 4) == [None, None, "html", None]


def test_faults_for_the_same_call_hit_one_after_the_other() -> None:
    orders = orders_of(Fault(call="fetchSIM", kind="html"), Fault(call="*", kind="reset"))
    assert hits(orders, 3) == ["html", "reset", None]


def test_a_call_that_another_fault_hits_counts_as_skipped() -> None:
    orders = orders_of(Fault(call="fetchSIM", kind="html"), Fault(call="fetchSIM", kind="reset", skip=1))
    assert hits(orders, 3) == ["html", "reset", None]


def test_a_fault_hits_only_its_call_and_its_endpoint() -> None:
    orders = orders_of(Fault(call="SubscribeAddon", kind="html", endpoint_id="4000002"))
    assert orders.take("fetchSIM", None) is None
    assert orders.take("EndPointActivation", "4000002") is None
    assert orders.take("SubscribeAddon", "4000001") is None
    assert orders.take("SubscribeAddon", "4000002") is not None


def test_calls_that_do_not_match_are_not_counted_as_skipped() -> None:
    orders = orders_of(Fault(call="SubscribeAddon", kind="html", skip=1))
    assert hits(orders, 3) == [None, None, None]
    assert orders.take("SubscribeAddon", "4000001") is None
    assert orders.take("SubscribeAddon", "4000001") is not None


@pytest.mark.parametrize(
    "order",
    [
        {"call": "SubscribeAddon", "kind": "explode"},
        {"call": "Subscribe", "kind": "html"},
        {"call": "*", "kind": "html", "time": 3},
        {"call": "*", "kind": "html", "times": -1},
        {"call": "*", "kind": "delay", "delay_seconds": -1},
        {"call": "SubscribeAddon", "kind": "already_active"},
    ],
)
def test_an_order_that_makes_no_sense_is_refused(order: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Fault.model_validate(order)
