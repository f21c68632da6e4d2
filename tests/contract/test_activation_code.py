"""Activation codes in every form that GSMA SGP.22 has and that operators write."""

import pytest

from contract.activation_code import asks_for_confirmation, normalised, read_code

PLAIN = "LPA:1$smdp.example.com$HUSH-HUSH"


@pytest.mark.parametrize(
    ("written", "code", "asks"),
    [
        (PLAIN, PLAIN, False),
        ("lpa:1$smdp.example.com$HUSH-HUSH", PLAIN, False),
        ("Lpa: 1$smdp.example.com$HUSH-HUSH", PLAIN, False),
        ("1$smdp.example.com$HUSH-HUSH", PLAIN, False),
        (f"\u00a0{PLAIN}\u200b\r\n", PLAIN, False),
        ("LPA:1$ smdp.example.com $ HUSH-HUSH ", PLAIN, False),
        ("LPA:1$\u00a0smdp.example.com\u200b$\r\nHUSH-HUSH\ufeff", PLAIN, False),
        (f"LPA:1$smdp.example.com${'H' * 231}", f"LPA:1$smdp.example.com${'H' * 231}", False),
        (f"{PLAIN}$", PLAIN, False),
        (f"{PLAIN}$$", PLAIN, False),
        (f"{PLAIN}$$0", PLAIN, False),
        (f"{PLAIN}$1.3.6.1.4.1.31746", f"{PLAIN}$1.3.6.1.4.1.31746", False),
        (f"{PLAIN}$1.3.6.1.4.1.31746$1", f"{PLAIN}$1.3.6.1.4.1.31746$1", True),
        (f"{PLAIN}$$1", f"{PLAIN}$$1", True),
        (f"{PLAIN}$1", f"{PLAIN}$$1", True),
        ("1$smdp.example.com:8443$hush$$1", "LPA:1$smdp.example.com:8443$hush$$1", True),
        ("LPA:1$SMDP.Example.com$%41&?", "LPA:1$SMDP.Example.com$%41&?", False),
    ],
)
def test_every_form_is_read(written: str, code: str, asks: bool) -> None:
    assert normalised(written) == code
    assert normalised(code) == code
    assert asks_for_confirmation(written) is asks


@pytest.mark.parametrize(
    "code",
    [
        *("", "-", "HUSH", "LPA:1$HUSH", "LPA:1$$HUSH", "LPA:1$smdp$HUSH$x", f"{PLAIN}{PLAIN}", f"{PLAIN}$$2"),
        *("LPA:2$smdp$HUSH", "LPA:1$smdp$HUSH HUSH", "LPA:1$smdp$HUSH\uff04", "LPA\uff1a1$smdp$HUSH", "$" * 10_000),
        *("LPA:1$smdp:808080$HUSH", "LPA:1$\u0455mdp$HUSH", f"LPA:1$smdp.example.com${'HUSH' * 59}"),
        *(f"LPA:1$smdp$HUSH{'1.' * 100_000}", f"LPA:1${'a-' * 100_000}$HUSH"),
    ],
)
def test_what_no_phone_could_install_is_none_and_not_quoted(code: str) -> None:
    assert asks_for_confirmation(code) is None
    with pytest.raises(ValueError, match="is not of the form LPA") as refused:
        read_code(code)
    assert "HUSH" not in str(refused.value)


def test_its_secret_half_shows_in_no_repr() -> None:
    assert "HUSH" not in repr(read_code(PLAIN))
