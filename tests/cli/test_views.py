from datetime import UTC, datetime, timedelta

import pytest

from cli.balance import balance, state, state_until
from cli.screen import WIDTH_IN_A_FILE, Screen
from cli.views import explanation_view, subscription_view, usage_view
from contract.addon import Addon, AddonError, Usage, UsageState
from contract.order import CarriedOutOrder
from contract.subscription import Subscription
from seller.diagnosis import Explanation, Pinned
from tests.support.seller import PLAN, PRODUCT

GIGABYTE = 10**9
READ = datetime(2026, 11, 21, 12, tzinfo=UTC)
END = datetime(2026, 12, 21, 12, tzinfo=UTC)


def addon(
    left: float, state: UsageState = "in_use", number: int = 1, granted: int = 30, read: datetime = READ
) -> Addon:
    return Addon(
        purchase_id=f"P-{number:012}",
        product=PRODUCT,
        plan_id=PLAN,
        unique_id=f"70000{number:02}",
        status="provisioned",
        usage=Usage(
            granted_bytes=granted * GIGABYTE,
            remaining_bytes=int(left * GIGABYTE),
            state=state,
            starts_at=None,
            expires_at=None if state == "waiting_for_first_use" else END,
            as_of=read,
        ),
    )


def subscription(*addons: Addon, **more: object) -> Subscription:
    fields = {"subscription_id": "subscription-1", "traveler_id": "T-42", "endpoint_id": "1", "iccid": "8932"}
    return Subscription.model_validate(fields | {"status": "active", "addons": addons} | more)


@pytest.mark.parametrize(
    ("one", "shown", "color"),
    [
        (addon(30, "waiting_for_first_use"), "██████████████ 30.0 of 30.0 GB", "green"),
        (addon(29.9), "█████████████░ 29.9 of 30.0 GB", "green"),
        (addon(6), "███░░░░░░░░░░░ 6.0 of 30.0 GB", "green"),
        (addon(5.9), "███░░░░░░░░░░░ 5.9 of 30.0 GB", "yellow"),
        (addon(0.02), "█░░░░░░░░░░░░░ 0.02 of 30.0 GB", "red"),
        (addon(31), "██████████████ 31.0 of 30.0 GB", "green"),
        (addon(0.4, "used_up"), "░░░░░░░░░░░░░░ 0.0 of 30.0 GB", "red"),
        (addon(26, "used_up"), "░░░░░░░░░░░░░░ 26.0 of 30.0 GB", "red"),
        (addon(12, "expired"), "░░░░░░░░░░░░░░ 12.0 of 30.0 GB", "red"),
    ],
)
def test_a_bar_shows_what_can_still_be_used(one: Addon, shown: str, color: str) -> None:
    text = balance(one)
    assert text.plain == shown
    assert [span.style for span in text.spans] == [color]


def test_what_is_not_known_is_left_out_of_a_balance() -> None:
    assert balance(addon(0, "used_up", granted=0)).plain == ""
    assert balance(Addon(purchase_id="P-1", product=PRODUCT, plan_id=PLAN)).plain == ""
    assert state_until(addon(30, "waiting_for_first_use")) == "waiting for first use"


def test_what_somebody_removed_at_sft_is_gone_and_not_used_up_and_what_was_taken_off_says_how_much_it_had() -> None:
    assert (state(addon(26, "used_up")), state(addon(0.4, "used_up"))) == ("gone from SFT", "used up")
    removed = addon(26)
    removed.status, removed.removed_at = "removed", READ
    assert balance(removed).plain == "26.0 of 30.0 GB then"


def test_usage_is_a_row_an_addon_within_the_width_of_a_file_and_what_has_ended_comes_last(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failed = Addon(purchase_id="P-2", product=PRODUCT, plan_id=PLAN, status="failed")
    failed.error = AddonError(type="AddonRejected", message="SFT refused it")
    addons = [
        addon(12, "expired", 1, read=READ - timedelta(days=1)),
        failed,
        addon(24.6, "in_use", 3),
        Addon(purchase_id="P-4", product=PRODUCT, plan_id=PLAN),
    ]
    Screen().show(*usage_view(subscription(*addons, archived=3, unmatched=["7000008"], surplus_removed=["7000009"])))
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[2:] == [
        f"P-000000000003 {PRODUCT} 7000003  ███████████░░░ 24.6 of 30.0 GB in use until 2026-12-21 12:00 UTC",
        f"P-4            {PRODUCT}                                         pending",
        f"P-000000000001 {PRODUCT} 7000001  ░░░░░░░░░░░░░░ 12.0 of 30.0 GB expired on 2026-12-21 12:00 UTC",
        f"{'':76} read 2026-11-20 12:00 UTC",
        f"P-2            {PRODUCT}                                         failed: AddonRejected",
        "and 3 older ones",
        "On the endpoint, but bought by nobody here: 7000008",
        "Removed, made late by SFT: 7000009",
        "Read 2026-11-21 12:00 UTC",
    ]
    assert max(len(line) for line in lines) <= WIDTH_IN_A_FILE


def test_status_shows_the_same_balance_and_how_much_more_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().show(*subscription_view(subscription(addon(24.6), archived=3, unmatched=["7000008"])))
    *_, row, older, unmatched = capsys.readouterr().out.splitlines()
    assert row.rstrip() == f"P-000000000001 {PRODUCT} {PLAN} 7000001  in use ███████████░░░ 24.6 of 30.0 GB"
    assert (older, unmatched) == ("and 3 older ones", "On the endpoint, but bought by nobody here: 7000008")


def test_why_says_that_the_only_build_that_goes_on_with_a_purchase_has_stopped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stopped = Pinned(deployment="esim", build="1.7.0", asked=None)
    explanation = Explanation(
        workflow_id="provision-P-1",
        run_id="R",
        status="running",
        started=datetime(2026, 11, 21, tzinfo=UTC),
        waiting=[],
        ended_outside=None,
        failing_task=None,
        task_attempt=1,
        task_not_taken_since=None,
        missing_workers=[],
        pinned_to=stopped,
    )
    Screen().show(explanation_view(explanation))
    assert capsys.readouterr().out.splitlines()[2:] == [
        "Goes on with  build 1.7.0 of esim and no other; its workers have all stopped: start one"
    ]


def test_status_shows_whether_it_is_installed(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().show(*subscription_view(subscription()))
    assert "Profile" not in capsys.readouterr().out
    profile = {"status": "installed", "at": "2026-11-02T09:29:41+01:00"}
    Screen().show(*subscription_view(subscription(profile=profile)))
    assert "Profile       installed since 2026-11-02 08:29 UTC, as SFT says" in capsys.readouterr().out


def test_status_shows_the_newest_orders_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    refused = CarriedOutOrder(
        order="remove_addon",
        reason="Wrong plan, of old_shop",
        purchase_id="P-7",
        ordered_by="key my-portal",
        at=READ,
        outcome="SFT refused it",
    )
    suspended = CarriedOutOrder(order="suspend", reason="customer_service", at=READ + timedelta(hours=1))
    Screen().show(*subscription_view(subscription(orders=[refused, suspended])))
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "2026-11-21 13:00 UTC, nobody named: suspend (customer service): done",
        "2026-11-21 12:00 UTC, key my-portal: remove addon P-7 (Wrong plan, of old_shop): SFT refused it",
    ]
    many = [suspended.model_copy(update={"ordered_by": f"ann-{number}"}) for number in range(7)]
    Screen().show(*subscription_view(subscription(orders=many)))
    *_, oldest, more = capsys.readouterr().out.splitlines()
    assert "ann-2: suspend" in oldest
    assert more == "and 2 older orders, which --json shows"
