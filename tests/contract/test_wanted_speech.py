import pytest
from pydantic import ValidationError

from contract.message import told
from contract.purchase import EsimPurchase

PURCHASE = {"purchase_id": "P-1", "traveler_id": "T-1", "product": "Wakanda Daily", "plan_id": "PLAN-1"}


@pytest.mark.parametrize(
    "tag", ["de", "zh-Hans-CN", "tlh", "x-klingon", "i-default", "en-US-u-ca-buddhist-nu-latn-hc-h23", None]
)
@pytest.mark.parametrize("zone", ["Europe/Paris", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+3", "Qo/noS", None])
def test_whatever_may_be_a_language_or_a_time_zone_is_taken(tag: str | None, zone: str | None) -> None:
    purchase = EsimPurchase.model_validate(PURCHASE | {"locale": tag, "timezone": zone})
    assert (purchase.locale, purchase.timezone) == (tag, zone)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("locale", "Deutsch!", "must be a language such as de or pt-BR (BCP 47)"),
        ("locale", "", "must be a language such as de or pt-BR (BCP 47)"),
        ("locale", "de\n", "must be a language such as de or pt-BR (BCP 47)"),
        ("timezone", "../etc/passwd", "must be a time zone such as Europe/Paris (IANA)"),
        ("timezone", "+02:00", "must be a time zone such as Europe/Paris (IANA)"),
        ("timezone", 60, "Input should be a valid string"),
    ],
)
def test_what_can_be_neither_is_refused_in_one_sentence(field: str, value: object, sentence: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        EsimPurchase.model_validate(PURCHASE | {field: value})
    [fault] = refusal.value.errors()
    assert (fault["loc"], told(fault)) == ((field,), sentence)


def test_a_purchase_is_the_same_in_another_language() -> None:
    assert not EsimPurchase.model_validate(PURCHASE | {"locale": "de"}).conflicts_with(
        EsimPurchase.model_validate(PURCHASE | {"locale": "fr", "timezone": "Europe/Paris"})
    )
