from typing import Any

import pytest
from pydantic import SecretStr
from starlette.requests import Request

from portal import forms
from portal.forms import Forged, Forms, is_from_here

PATH = "/purchases"
FORMS = Forms([SecretStr("a secret of the tests")])


def request(**headers: str) -> Request:
    scope: dict[str, Any] = {"type": "http", "path": PATH, "headers": []}
    for name, value in {"host": "shop.example", **headers}.items():
        scope["headers"].append((name.replace("_", "-").encode(), value.encode()))
    return Request(scope)


def test_a_seal_is_opened_for_whom_and_where_it_was_made() -> None:
    seal = FORMS.seal("T-42", PATH, purchase_id="P-1", product="Daily")
    assert FORMS.opened(request(), seal, "T-42") == {"purchase_id": "P-1", "product": "Daily"}
    others = Forms([SecretStr("another secret of the tests")]).seal("T-42", PATH, purchase_id="P-1")
    elsewhere = FORMS.seal("T-42", f"{PATH}/addons", purchase_id="P-1")
    for whom, wrong in (("T-43", seal), ("T-42", ""), ("T-42", seal[:-1]), ("T-42", others), ("T-42", elsewhere)):
        with pytest.raises(Forged):
            FORMS.opened(request(), wrong, whom)
    with pytest.raises(Forged):
        FORMS.opened(request(sec_fetch_site="same-site"), seal, "T-42")


def test_a_seal_is_not_opened_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    seal = FORMS.seal("T-42", PATH)
    monkeypatch.setattr(forms, "LIFE_SECONDS", -1)
    with pytest.raises(Forged):
        FORMS.opened(request(), seal, "T-42")


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({}, True),
        ({"origin": "null"}, True),
        ({"origin": "https://shop.example"}, True),
        ({"origin": "https://elsewhere.example"}, False),
        ({"origin": "http://["}, False),
        ({"origin": "null", "sec_fetch_site": "same-origin"}, True),
        ({"origin": "null", "sec_fetch_site": "cross-site"}, False),
        ({"sec_fetch_site": "same-site"}, False),
    ],
)
def test_the_browser_says_where_a_form_comes_from(headers: dict[str, str], ours: bool) -> None:
    assert is_from_here(request(**headers)) == ours
