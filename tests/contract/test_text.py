"""Names of every language are text; what moves, hides or turns other text is not."""

import pytest
from pydantic import ValidationError

from contract.message import told
from contract.purchase import AddonPurchase
from contract.text import look, text_of, ungrouped
from sft.iccid import same_iccid
from temporal.digests import WITHOUT_KEYS

NAMES = {
    "French": "Forfait\u00a030\u202fGo\u00a0: Gen\u00e8ve d'Azur",
    "Persian": "\u0628\u0633\u062a\u0647\u200c\u0647\u0627\u06cc \u0627\u06cc\u0631\u0627\u0646",
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467 Family",
    "the flag of England": "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f England",
    "Hebrew with marks": "30 GB\u200f \u05d9\u05e9\u05e8\u05d0\u05dc\u200e 30 GB",
    "a soft hyphen": "Daten\u00adpaket",
    "Khmer": "\u1780\u1798\u17d2\u1796\u17bb\u1787\u17b6\u200b 10GB",
    "ideographic blanks": "\u65e5\u672c\u300030\u65e5\u9593",
    "newer than this Unicode": "\U0001fae9 tired",
    "a heart": "\u2764\ufe0f",
    "decomposed": "Cafe\u0301",
}


def refusal(product: str) -> str:
    with pytest.raises(ValidationError) as refused:
        AddonPurchase(purchase_id="P-1", product=product, plan_id="PLAN-1")
    return told(refused.value.errors()[0])


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_of_every_language_are_kept_as_they_are(name: str) -> None:
    assert AddonPurchase(purchase_id="P-1", product=name, plan_id="PLAN-1").product == name


@pytest.mark.parametrize(
    ("product", "why"),
    [
        ("a\nBcc: b", "must not have a line break (U+000A) in it"),
        ("a\r\nb", "must not have a line break (U+000D) in it"),
        ("a\u2028b", "must not have a line break (U+2028) in it"),
        ("a\x85b", "must not have a line break (U+0085) in it"),
        ("a\tb", "must not have a control character (U+0009) in it"),
        ("a\x1b[2J", "must not have a control character (U+001B) in it"),
        ("a\x00", "must not have a control character (U+0000) in it"),
        ("30 \u202eBG", "must not have a character (U+202E) in it that turns what follows around"),
        ("30 \u2067BG", "must not have a character (U+2067) in it that turns what follows around"),
        ("a\ufffe", "must not have U+FFFE in it, which is no character"),
    ],
)
def test_what_moves_or_turns_other_text_is_refused_for_what_it_is(product: str, why: str) -> None:
    assert refusal(product) == why


@pytest.mark.parametrize(
    "product", [" ", "\u00a0\u202f", "\u3000\u2003", "\u200b\u2060\ufeff", "\u3164", "\u2800 ", "\u200f"]
)
def test_what_shows_nothing_is_no_name(product: str) -> None:
    assert refusal(product) == "must have something in it that can be seen, not blanks alone"


def test_names_that_nobody_can_tell_apart_look_the_same() -> None:
    assert look(" Caf\u00e9\u00a0 30 GB ") == look("Cafe\u0301 30\u202fGB")
    assert look("30 GB") != look("30GB")


def test_a_number_is_the_same_however_it_was_copied() -> None:
    assert ungrouped("\u202a+49 (170)\u00a012 34\u202c") == "+491701234"
    for written in ("8932 0000\u00a00000 0000-017 ", "\u202d8932000000000000017F\u202c", "8932000000000000017f "):
        assert WITHOUT_KEYS.iccid(written) == WITHOUT_KEYS.iccid("8932000000000000017")
        assert same_iccid(written, "8932000000000000017")
    assert not same_iccid("8932000000000000017", "8932000000000000018")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_of_any_editor_is_read(encoding: str) -> None:
    assert text_of("Gen\u00e8ve\r\n".encode(encoding)) == "Gen\u00e8ve\r\n"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"Gen\xe8ve", r"it is not text in UTF-8 \(byte 4\): save it as UTF-8"),
        ("Gen\u00e8ve".encode("utf-16-le"), "it is not text in UTF-8"),
        ("Geneva".encode("utf-16-le"), "it is not text in UTF-8: save it as UTF-8"),
        (b"\xff\xfea", "it is not text in UTF-16"),
    ],
)
def test_a_file_that_is_no_text_is_said_to_be_none(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        text_of(data)
