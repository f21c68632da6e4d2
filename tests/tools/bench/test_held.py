from tools.bench.held import HELD, not_held
from tools.bench.table import Row, over


def measured(changes: dict[int, list[float]] | None = None) -> list[Row]:
    """All that is held as it is, but for some rows by their numbers."""
    changes = changes or {}
    return [over(held.group, held.what, held.unit, changes.get(n, [held.value])) for n, held in enumerate(HELD)]


def test_what_is_as_it_was_is_held() -> None:
    assert not_held(measured()) == []


def test_each_other_value_is_a_sentence_also_one_of_a_single_round() -> None:
    first = HELD[0]
    [sentence] = not_held(measured({0: [first.value, first.value, first.value + 1]}))
    assert sentence.startswith(
        f"{first.group}, {first.what}: {first.value:g} to {first.value + 1:g}, and not {first.value:g}"
    )


def test_what_was_not_measured_is_not_held() -> None:
    assert not_held(measured()[1:]) == [f"{HELD[0].group}, {HELD[0].what} was not measured"]
