"""What follows from what was measured, and from the cited sources."""

import pytest

from tools.scale.__main__ import KEPT, PAGE
from tools.scale.clusters import CLUSTERS, smallest
from tools.scale.outlook import each, limits, outlook
from tools.scale.page import page
from tools.scale.prices import bill, business, developer
from tools.scale.units import Measured
from tools.scale.waited import counted


@pytest.fixture(scope="module")
def measured() -> Measured:
    return Measured.model_validate_json(KEPT.read_text())


def test_the_page_is_what_the_command_writes(measured: Measured) -> None:
    assert PAGE.read_text() == page(measured), "write it anew: python -m tools.scale --page"


def test_what_was_kept_told_nothing_late_and_left_nothing_to_do(measured: Measured) -> None:
    assert sum(delay.late for month in measured.months for delay in month.delays.values()) == 0
    assert [month.asleep_actions for month in measured.months] == [0, 0, 0]


def test_a_bill_is_that_of_temporals_own_examples() -> None:
    # 11.25 million more than Business includes are 525 dollars, and 720 and 3,600 GBh are 34.02; the plan is 500.
    example = business(13.75e6, 2.5 + 720 / 744, 100 + 3600 / 744)
    assert example.dollars == pytest.approx(500 + 525 + 34.02)
    assert not example.is_negotiated
    assert developer(10_000, 0, 0).dollars == pytest.approx(0.55)
    much = business(302.5e6, 0, 0)
    assert much.is_negotiated
    assert much.dollars == pytest.approx(1.1 * (250 + 225 + 400 + 1050 + 1500 + 2500 + 2500))
    assert [bill(millions * 1e6, 0, 0).plan for millions in (1, 100)] == ["Developer", "Business"]


def test_many_are_so_many_times_one(measured: Measured) -> None:
    one = each(measured, measured.months[0])
    thousand, million = outlook(one, 1_000), outlook(one, 1_000_000)
    assert million.actions == pytest.approx(1_000 * thousand.actions)
    assert million.price.dollars < 1_000 * thousand.price.dollars
    assert smallest(0) == CLUSTERS[0]
    assert smallest(CLUSTERS[-1].per_second + 1) is None
    found = [limit.esims for limit in limits(one)]
    assert found == sorted(found)
    assert found[0] > 0


def test_how_long_looks_waited_is_counted_for_their_queue_alone() -> None:
    name = "temporal_activity_schedule_to_start_latency_seconds"
    lines = [
        f'{name}_bucket{{activity_type="watch_usage",task_queue="q-looks",le="0.1"}} 3',
        f'{name}_bucket{{activity_type="watch_usage",task_queue="q-looks",le="+Inf"}} 4',
        f'{name}_bucket{{activity_type="post_event",task_queue="q-events",le="0.1"}} 7',
        f'{name}_sum{{activity_type="watch_usage",task_queue="q-looks"}} 9',
    ]
    assert counted("\n".join(lines), "q-looks") == {"0.1": 3, "+Inf": 4}
