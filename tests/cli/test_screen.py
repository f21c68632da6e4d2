import pytest
from rich.table import Table
from rich.text import Text

from cli.screen import Screen
from delivery.qr import qr_terminal, qr_text
from seller.errors import SellerError

CODE = "LPA:1$smdp.example.com$MATCHING-ID"


@pytest.mark.parametrize(("terminal", "shown"), [("1", qr_terminal(CODE)), ("", qr_text(CODE))])
def test_a_qr_code_has_colours_at_a_terminal_and_none_in_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], terminal: str, shown: str
) -> None:
    monkeypatch.setenv("FORCE_COLOR", terminal)
    Screen().qr(CODE)
    assert capsys.readouterr().out == f"\n{shown}\n\n"


def test_nobody_moves_the_cursor_of_who_reads(capsys: pytest.CaptureFixture[str]) -> None:
    """Ids of runs are whatever somebody who may write to the namespace has called them."""
    named = "subscription-\x1b[2J\x9b1A\x07\u202e1"
    table = Table()
    table.add_column(named)
    table.add_row(named)
    screen = Screen()
    screen.show(named, Text(named, style="bold"), table)
    with screen.doing() as doing:
        doing.say(named)
        doing.done(named)
    screen.refuse(SellerError("NotFound", named))
    said = "".join(capsys.readouterr())
    assert said.count("subscription-\ufffd[2J\ufffd1") == 7
    assert not {"\x1b", "\x9b", "\x07", "\u202e"} & set(said)
