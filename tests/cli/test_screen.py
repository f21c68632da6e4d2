import pytest

from cli.screen import Screen
from delivery.qr import qr_terminal, qr_text

CODE = "LPA:1$smdp.example.com$MATCHING-ID"


@pytest.mark.parametrize(("terminal", "shown"), [("1", qr_terminal(CODE)), ("", qr_text(CODE))])
def test_a_qr_code_has_colours_at_a_terminal_and_none_in_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], terminal: str, shown: str
) -> None:
    monkeypatch.setenv("FORCE_COLOR", terminal)
    Screen().qr(CODE)
    assert capsys.readouterr().out == f"\n{shown}\n\n"
