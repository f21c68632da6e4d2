import json
import os
from pathlib import Path

import pytest
from typer import Typer

from cli.program import run
from contract.esim import ProvisionedEsim

SECRET = "LPA:1$smdp.example.com$NOBODY-SHALL-SEE-THIS"

commands = Typer()


@commands.command()
def qr(as_json: bool = False, debug: bool = False) -> None:
    """Reads what it cannot read."""
    ProvisionedEsim.model_validate({"activation_code": SECRET})


@pytest.fixture(autouse=True)
def _said_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK takes one runtime a process, and the tests have theirs."""
    monkeypatch.setattr("cli.program.keep_quiet", lambda: None)


@pytest.mark.parametrize("option", ["--as-json", "--debug"])
def test_what_nobody_foresaw_is_one_sentence_that_quotes_nothing_and_a_traceback_only_on_demand(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = "Something unforeseen went wrong (ValidationError): --debug shows where"
    assert run([option], commands) == 70
    output, errors = capsys.readouterr()
    assert (output, errors.endswith(f"{sentence}\n")) == ("", True)
    assert errors.startswith("Traceback") == (option == "--debug")
    assert SECRET not in errors


def test_a_program_is_told_it_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--json"], commands) in (2, 70)  # whatever is wrong, it is one document
    assert set(json.loads(capsys.readouterr().out)["error"]) == {"type", "message"}


def test_an_argument_that_is_no_text_is_refused_unless_it_is_the_name_of_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["status", "P-caf\udce9"]) == 2
    assert capsys.readouterr().err == ("Argument 2 ('P-caf\\udce9') is not in UTF-8: does the terminal write that?\n")
    file = tmp_path / "caf\udce9.csv"
    file.write_text("none")
    assert run(["adopt", str(file)]) == 2
    assert "has none of the columns" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["export", "--output"], ["erase", "--traveler", "T-1", "--yes", "--report"]])
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_done(
    command: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "file").write_text("as it is")
    os.mkfifo(tmp_path / "pipe")
    for wrong in ("/dev/null", "/dev/stdout", str(tmp_path), str(tmp_path / "link"), str(tmp_path / "pipe")):
        assert run([*command, wrong]) == 2
        assert "no file that could be written anew" in capsys.readouterr().err
    assert run([*command, str(tmp_path / "nowhere" / "file")]) == 2
    assert "No such file or directory" in capsys.readouterr().err
    assert os.path.exists("/dev/null")
    assert (tmp_path / "link").read_text() == "as it is"


@pytest.mark.parametrize("size", ["\u00b2", "-1", "many", ""])
def test_a_size_of_the_terminal_that_is_no_number_is_none(
    size: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COLUMNS", "LINES"):
        monkeypatch.setenv(name, size)
    assert run(["--help"]) == 0
    assert "provision" in capsys.readouterr().out
    assert run(["list", "--traveler", "no traveler"]) == 2
