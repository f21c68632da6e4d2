"""E-mail addresses as people copy and type them."""

import pytest
from pydantic import ValidationError

from contract.purchase import EsimPurchase


def purchase(email: str) -> EsimPurchase:
    return EsimPurchase(purchase_id="P-1", traveler_id="T-1", product="Wakanda", plan_id="PLAN", email=email)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" anna@example.com\n", "anna@example.com"),
        ("\u00a0anna@example.com\u200b", "anna@example.com"),
        ("\u202aanna@example.com\u202c", "anna@example.com"),
        ("anna@b\u00fccher.example", "anna@b\u00fccher.example"),
        ("\u0101nna+x@\u0645\u062b\u0627\u0644\u200c.example", "\u0101nna+x@\u0645\u062b\u0627\u0644\u200c.example"),
    ],
)
def test_what_is_around_an_address_is_dropped(written: str, kept: str) -> None:
    assert purchase(written).email == kept


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "must be one address"),
        ("anna", "must be one address"),
        ("@example.com", "must be one address"),
        ("anna@", "must be one address"),
        ("anna@b@example.com", "must be one address"),
        ("anna b@example.com", r"must not have ' ' in it: one address without a name"),
        ("Anna <anna@example.com>", r"must not have ' ' in it"),
        ('"anna"@example.com', "must not have '\"' in it"),
        ("anna@[192.0.2.1]", r"must not have '\[' in it"),
        ("a\u00a0b@example.com", r"must not have '\\xa0' in it"),
        ("a\u200bb@example.com", r"must not have U\+200B in it, which nobody can see"),
        ("a\x00b@example.com", r"must not have U\+0000 in it, which nobody can see"),
        ("a\r\nBcc: x@example.com", r"must not have '\\r' in it"),
    ],
)
def test_what_is_not_one_address_is_refused_with_what_is_in_the_way(written: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        purchase(written)
