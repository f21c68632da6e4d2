import pytest

from tools.bench.table import Goal, Row, against, markdown, over, shown

AT_LEAST = Goal(0.8, "at least")
AT_MOST = Goal(1.25, "at most")


@pytest.mark.parametrize(
    ("goal", "value", "met"),
    [(AT_LEAST, 0.8, True), (AT_LEAST, 0.79, False), (AT_MOST, 1.25, True), (AT_MOST, 1.26, False)],
    ids=str,
)
def test_a_goal_is_met_on_its_own_side_of_the_bound(goal: Goal, value: float, met: bool) -> None:
    assert Row("G", "what", "ms", value, goal=goal).met is met


def test_a_goal_against_the_floor_is_about_the_ratio() -> None:
    row = against("G", "sales", "a second", ([30, 40, 50], [80, 80, 50]), AT_LEAST)
    assert (row.measured, row.met) == (0.5, False)
    assert row.record() == {
        "group": "G",
        "what": "sales",
        "unit": "a second",
        "ours": 40,
        "floor": 80,
        "measured": 0.5,
        "lowest": 0.375,
        "highest": 1,
        "goal": "at least 0.8",
        "met": False,
    }


@pytest.mark.parametrize("floor", [0, -2.5])
def test_to_a_floor_of_nothing_there_is_no_ratio_and_no_goal_to_meet(floor: float) -> None:
    row = against("G", "memory", "MB", ([40], [floor]), AT_MOST)
    assert (row.measured, row.floor, row.goal, row.met) == (40, floor, None, None)


def test_without_a_goal_there_is_nothing_to_meet() -> None:
    assert Row("G", "what", "", 3).record()["met"] is None


@pytest.mark.parametrize(
    ("value", "text"), [(0.8, "0.8"), (1.25, "1.25"), (12.34, "12.3"), (100, "100"), (12_345.6, "12,346"), (10, "10")]
)
def test_numbers_are_shown_with_the_digits_that_matter(value: float, text: str) -> None:
    assert shown(value) == text


def test_every_group_has_a_table_of_its_own() -> None:
    rows = [Row("A", "x", "ms", 1), over("B", "y", "", [1, 2, 5]), against("A", "z", "", ([3], [2]), AT_MOST)]
    assert markdown(rows).splitlines() == [
        "**A**",
        "",
        "| what | ours | floor | measured | lowest to highest | goal | met |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| x (ms) | 1 |  | 1 | 1 |  |  |",
        "| z | 3 | 2 | 1.5 | 1.5 | at most 1.25 | **no** |",
        "",
        "**B**",
        "",
        "| what | ours | floor | measured | lowest to highest | goal | met |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| y | 2 |  | 2 | 1 to 5 |  |  |",
    ]
