import pytest

from tools.simulator.chaos import Chaos
from tools.simulator.fault import Fault
from tools.simulator.plan import Plan
from tools.simulator.platform import Platform
from tools.simulator.refusal import Refused


def test_stock_can_be_added_and_is_listed_last() -> None:
    platform = Platform(esims=1)
    (added,) = platform.add_esims(1)
    assert platform.endpoints[-1] is added
    assert [endpoint.endpoint_id for endpoint in platform.endpoints] == ["4000001", "4000002"]


def test_no_two_esims_share_an_id_or_a_code() -> None:
    endpoints = Platform(esims=200).endpoints
    for values in (
        {endpoint.endpoint_id for endpoint in endpoints},
        {endpoint.iccid for endpoint in endpoints},
        {endpoint.eid for endpoint in endpoints},
        {endpoint.imsi for endpoint in endpoints},
        {endpoint.activation_code for endpoint in endpoints},
    ):
        assert len(values) == 200


def test_endpoint_ids_can_start_anywhere() -> None:
    assert Platform(esims=2, first_endpoint=77).endpoints[1].endpoint_id == "78"


def test_a_plan_can_be_given_by_its_id_alone() -> None:
    platform = Platform(esims=1, plans=["PLAN-X", "PLAN-WAKANDA-DAILY"])
    endpoint_id = platform.endpoints[0].endpoint_id
    assert platform.add_foreign_addon(endpoint_id, "PLAN-X").plan.name == "PLAN-X"
    assert platform.add_foreign_addon(endpoint_id, "PLAN-WAKANDA-DAILY").plan.name == "Wakanda Daily"
    with pytest.raises(Refused):
        platform.add_foreign_addon(endpoint_id, "PLAN-WAKANDA-30D-30GB")


def test_a_plan_can_be_given_in_full() -> None:
    plan = Plan(plan_id="P", name="Tiny", granted_bytes=5, validity_days=1)
    platform = Platform(esims=1, plans=[plan])
    instance = platform.add_foreign_addon("4000001", "P")
    assert (instance.plan.granted_bytes, instance.remaining_bytes) == (5, 5)


def test_unique_ids_are_never_used_again() -> None:
    platform = Platform(esims=1)
    first = platform.add_foreign_addon("4000001", "PLAN-WAKANDA-DAILY")
    platform.store.change_addons(
        "4000001", [], [first.unique_id], platform.journal.arrived("endpoint", None, None).cause
    )
    second = platform.add_foreign_addon("4000001", "PLAN-WAKANDA-DAILY")
    assert first.unique_id != second.unique_id


def test_a_strangers_acts_are_remembered_as_such() -> None:
    platform = Platform(esims=1)
    platform.set_status("4000001", "Active")
    platform.set_status("4000001", "Active")
    instance = platform.add_foreign_addon("4000001", "PLAN-WAKANDA-DAILY")
    history = [(change.change, change.value, change.by) for change in platform.endpoint("4000001").history]
    assert history == [("status", "Active", "stranger"), ("addon_added", instance.unique_id, "stranger")]


def test_an_unknown_endpoint_is_refused() -> None:
    platform = Platform(esims=1)
    for act in (
        lambda: platform.endpoint("9"),
        lambda: platform.set_status("9", "Active"),
        lambda: platform.set_attached("9", False),
        lambda: platform.add_foreign_addon("9", "PLAN-WAKANDA-DAILY"),
    ):
        with pytest.raises(Refused):
            act()


def test_an_ordered_fault_comes_before_chaos_and_clearing_leaves_chaos_alone() -> None:
    platform = Platform(esims=1)
    platform.chaos = Chaos(rate=1, kinds=["html"])
    platform.order(Fault(call="*", kind="reset", times=2))
    kinds = [fault.kind if (fault := platform.fault_for("login", None)) else None]
    platform.clear_faults()
    kinds.append(fault.kind if (fault := platform.fault_for("login", None)) else None)
    assert kinds == ["reset", "html"]


def test_secrets_are_in_no_repr() -> None:
    platform = Platform(esims=1, password="hush-hush")
    pair = platform.tokens.issue()
    shown = f"{platform!r} {vars(platform)} {platform.endpoints!r} {pair!r}"
    for secret in ("hush-hush", pair.access, pair.refresh, "MATCHING-000001", platform.endpoints[0].msisdn or ""):
        assert secret not in shown
