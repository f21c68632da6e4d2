"""Operators with names, made and removed from a terminal."""

from pathlib import Path

import pytest

from seller.accounts import Accounts
from tests.support.terminal import Terminal


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return Accounts(tmp_path / "operators.json")


@pytest.fixture
def terminal(accounts: Accounts, tmp_path: Path) -> Terminal:
    """Without a Temporal server: none is needed for this."""
    return Terminal({"PORTAL_OPERATORS": str(accounts.path), "AUDIT_LOG": str(tmp_path / "audit.log")})


async def test_operators_are_added_listed_logged_out_and_removed(
    terminal: Terminal, accounts: Accounts, tmp_path: Path
) -> None:
    assert f"No operators in {accounts.path}" in (await terminal.run("operators", "list")).output.replace("\n", "")
    made = await terminal.run("operators", "add", "anna", "--json")
    assert made.code == 0, made.errors
    password = made.document["password"]
    assert accounts.recognised("anna", password)
    shown = await terminal.run("operators", "add", "ben")
    assert accounts.recognised("ben", shown.output.split()[-1])
    listed = await terminal.run("operators", "list")
    assert [line.split()[0] for line in listed.output.splitlines()] == ["anna", "ben"]
    assert password not in listed.output
    before = accounts.named("anna")
    assert before
    assert "logged out everywhere" in (await terminal.run("operators", "log-out", "anna")).output
    after = accounts.named("anna")
    assert after
    assert after.sessions != before.sessions
    gone = await terminal.run("operators", "remove", "anna", "--json")
    assert gone.document == {"name": "anna", "is_removed": True}
    assert [account.name for account in accounts.all()] == ["ben"]
    noted = (tmp_path / "audit.log").read_text()
    assert all(words in noted for words in ('"added": ["anna"]', '"logged_out": ["anna"]', '"removed": ["anna"]'))
    assert password not in noted


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("add", "a b"), 2, "'a b' is not the name of an operator"),
        (("add", "taken"), 2, "There is an operator named taken already"),
        (("remove", "nobody"), 1, "There is no operator named 'nobody'"),
        (("log-out", "nobody"), 1, "There is no operator named 'nobody'"),
        (("rename", "taken"), 2, "No such command 'rename'"),
    ],
)
async def test_what_cannot_be_done_is_one_sentence_and_changes_nothing(
    terminal: Terminal, accounts: Accounts, arguments: tuple[str, ...], code: int, says: str
) -> None:
    accounts.add("taken")
    before = accounts.path.read_bytes()
    done = await terminal.run("operators", *arguments)
    assert (done.code, says in done.sentence) == (code, True), done
    assert accounts.path.read_bytes() == before


async def test_a_file_of_something_else_is_said(terminal: Terminal, accounts: Accounts) -> None:
    accounts.path.write_text("nonsense")
    done = await terminal.run("operators", "list")
    assert (done.code, "is not a file of operators; see PORTAL_OPERATORS" in done.sentence) == (2, True)
