"""Amounts of data read the same wherever somebody reads them."""

import re
from datetime import UTC, datetime
from email.headerregistry import Address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.balance import balance, is_gone
from contract.addon import Addon, Usage, UsageState
from contract.amounts import DataUnits, gigabytes
from contract.event import Event
from delivery.notice import notice_mail
from languages.figures import data


@pytest.mark.parametrize(
    ("amount", "units", "shown"),
    [
        (30 * 10**9, "decimal", "30.0"),
        (30 * 10**9, "binary", "27.9"),
        (30 * 2**30, "binary", "30.0"),
        (94_000_000, "decimal", "0.09"),
        (5_000_000, "decimal", "less than 0.01"),
        (1, "binary", "less than 0.01"),
        (0, "decimal", "0.0"),
    ],
)
def test_a_gigabyte_is_decimal_unless_it_is_said_to_be_binary(amount: int, units: DataUnits, shown: str) -> None:
    assert gigabytes(amount, units) == shown


@settings(deadline=None)
@given(
    st.integers(0, 40 * 10**9),
    st.integers(1, 40 * 10**9),
    st.sampled_from(["decimal", "binary"]),
    st.sampled_from(["in_use", "used_up", "expired"]),
)
def test_a_page_a_mail_a_terminal_and_an_event_say_the_same(
    remaining: int, granted: int, units: DataUnits, state: UsageState
) -> None:
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    usage = Usage(
        granted_bytes=granted,
        remaining_bytes=remaining,
        state=state,
        starts_at=now,
        expires_at=now,
        as_of=now,
        units=units,
    )
    addon = Addon(purchase_id="P-1", product="A", plan_id="B", unique_id="7", status="provisioned", usage=usage)
    event = Event(
        event_id="e-1",
        type="addon_expired",
        occurred_at=now,
        subscription_id="s",
        traveler_id="T",
        endpoint_id="4",
        addon=addon,
    )
    assert event.model_dump(mode="json")["addon"]["usage"]["left"] == usage.left
    if not is_gone(usage):  # to operators, a terminal shows what was left of what somebody removed
        assert usage.left in balance(addon).plain
    mail = notice_mail(sender=Address("Shop", "esim", "shop.example"), recipient="t@example.com", event=event)
    body = mail.get_body(("plain",))
    assert body is not None
    left, all_of_it = data(usage.left_bytes, units), data(granted, units)  # as pages have them, too
    assert f"{left} of {all_of_it}" in body.get_content()
    assert re.sub(r"\.0\b", "", usage.left) == f"{left.removesuffix(' GB')} of {all_of_it}"
    assert (left == "0 GB") == (usage.left_bytes == 0)
