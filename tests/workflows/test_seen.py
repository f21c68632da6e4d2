"""Which endpoints an audit has seen."""

from workflows.seen import Seen


def test_what_was_seen_is_known_and_hardly_anything_else_also_after_it_was_packed() -> None:
    seen = Seen("a run")
    seen.add(str(number) for number in range(20_000))
    again = Seen("a run", seen.packed())
    assert all(str(number) in again for number in range(20_000))
    assert sum(f"other-{number}" in again for number in range(20_000)) < 5


def test_two_audits_do_not_overlook_the_same_endpoints() -> None:
    crowded = [Seen(salt) for salt in ("one", "two")]
    for seen in crowded:
        seen.add(str(number) for number in range(200_000))
    overlooked = ({name for name in map("other-{}".format, range(5_000)) if name in seen} for seen in crowded)
    first, second = overlooked
    assert first
    assert second
    assert len(first & second) < min(len(first), len(second))


def test_it_stays_small_enough_to_be_carried_on() -> None:
    seen = Seen("a run")
    seen.add(str(number) for number in range(200_000))
    assert len(seen.packed()) < 400_000
