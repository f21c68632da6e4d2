import pytest
from pydantic import ValidationError

from tools.simulator.chaos import Chaos
from tools.simulator.fault import KINDS, Fault


def kinds_hit(chaos: Chaos, endpoint_id: str, calls: int = 40) -> list[str | None]:
    taken = [chaos.take("SubscribeAddon", endpoint_id) for _ in range(calls)]
    return [None if fault is None else fault.kind for fault in taken]


def test_chaos_hits_about_the_share_of_calls_that_was_asked_for() -> None:
    hit = [kind for kind in kinds_hit(Chaos(rate=0.33, seed=1), "1", 3000) if kind is not None]
    assert 0.30 < len(hit) / 3000 < 0.36


def test_the_same_seed_hits_the_same_calls_however_they_interleave() -> None:
    one_by_one, interleaved = Chaos(rate=0.5, seed=7), Chaos(rate=0.5, seed=7)
    first, second = kinds_hit(one_by_one, "1"), kinds_hit(one_by_one, "2")
    pairs = [kinds_hit(interleaved, endpoint_id, 1)[0] for _ in range(40) for endpoint_id in ("2", "1")]
    assert (pairs[1::2], pairs[::2]) == (first, second)
    assert first != second


def test_another_seed_hits_other_calls() -> None:
    assert kinds_hit(Chaos(rate=0.5, seed=1), "1") != kinds_hit(Chaos(rate=0.5, seed=2), "1")


def test_chaos_takes_every_kind_but_decisions_of_sft() -> None:
    hit = set(kinds_hit(Chaos(rate=1, seed=3), "1", 2000))
    assert hit == set(KINDS) - {"rejected", "already_active", "coded"}


def test_chaos_keeps_to_its_kinds_and_delays() -> None:
    chaos = Chaos(rate=1, seed=3, kinds=["delay", "late"], delay_seconds=(1, 2))
    faults = [chaos.take("fetchSIM", None) for _ in range(100)]
    assert {fault.kind for fault in faults if isinstance(fault, Fault)} == {"delay", "late"}
    assert all(isinstance(fault, Fault) and 1 <= fault.delay_seconds <= 2 for fault in faults)


def test_chaos_hits_no_call_with_a_kind_that_cannot_happen_to_it() -> None:
    chaos = Chaos(rate=1, kinds=["already_active", "html"])
    assert set(kinds_hit(chaos, "1")) == {"html"}
    assert Chaos(rate=1, kinds=["already_active"]).take("fetchSIM", None) is None


def test_chaos_refuses_no_login() -> None:
    chaos = Chaos(rate=1, seed=3, kinds=list(KINDS))
    hit = {fault.kind for fault in (chaos.take("login", None) for _ in range(2000)) if fault}
    assert hit == set(KINDS) - {"already_active", "expired_http", "expired_envelope", "rejected", "coded"}


@pytest.mark.parametrize(
    "order",
    [{"rate": 1.5}, {"rate": 0.5, "kinds": []}, {"rate": 0.5, "delay_seconds": [2, 1]}, {"rate": 0.5, "delay": 3}],
)
def test_chaos_that_makes_no_sense_is_refused(order: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Chaos.model_validate(order)
