from urllib.parse import parse_qs, urlsplit

import pytest

from delivery.links import install_links, manual_code

CODE = "LPA:1$smdp.example.com$MATCHING-ID"


def test_the_links_are_the_documented_ones() -> None:
    links = install_links(CODE)
    assert links.iphone == f"https://esimsetup.apple.com/esim_qrcode_provisioning?carddata={CODE}"
    assert links.android == f"https://esimsetup.android.com/esim_qrcode_provisioning?carddata={CODE}"


@pytest.mark.parametrize("matching_id", ["A&B=C#D", "A+B", "A%41", "A/B?C", "A;B"])
def test_no_character_of_the_code_gets_lost_in_a_link(matching_id: str) -> None:
    code = f"LPA:1$smdp.example.com${matching_id}"
    for link in install_links(code):
        assert parse_qs(urlsplit(link).query) == {"carddata": [code]}


@pytest.mark.parametrize("written", [CODE, f" lpa:{CODE[4:]}\n", CODE[4:], f"Lpa: {CODE[4:]}"])
def test_links_have_the_form_that_phones_take(written: str) -> None:
    assert install_links(written) == install_links(CODE)


@pytest.mark.parametrize("suffix", ["", "$", "$$1", "$1.3.6.1.4.1.31746", "$1.3.6.1.4.1.31746$1"])
def test_what_is_typed_by_hand_is_the_address_and_the_matching_id(suffix: str) -> None:
    assert manual_code(CODE + suffix) == ("smdp.example.com", "MATCHING-ID")


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "HUSH-HUSH",
        "2$smdp.example.com$HUSH-HUSH",
        "LPA:1$HUSH-HUSH",
        "LPA:1$$HUSH-HUSH",
        "LPA:1$HUSH-HUSH$",
        "LPA:2$smdp.example.com$HUSH-HUSH",
        "LPA:1$smdp.example.com$HUSH-HUSH$x",
        "LPA:1$smdp.example.com$HUSH HUSH",
        "LPA:1$smdp example.com$HUSH-HUSH",
        "LPA:1$smdp.example.com$",
        "LPA:1$smdp.example.com$HUSH-HUSH$1.3$2",
        "LPA:1$smdp.example.com$HUSH-HUSH$1.3$1$1",
        "https://smdp.example.com/HUSH-HUSH",
    ],
)
def test_anything_else_is_refused_without_being_quoted(broken: str) -> None:
    for function in (install_links, manual_code):
        with pytest.raises(ValueError, match="the activation code is not of the form") as refusal:
            function(broken)
        assert "HUSH" not in str(refusal.value)


def test_no_repr_shows_the_secret_half() -> None:
    assert "MATCHING-ID" not in f"{install_links(CODE)!r} {manual_code(CODE)!r}"
