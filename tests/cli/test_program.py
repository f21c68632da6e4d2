import json

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
