"""Operators with names, in their file."""

import stat
from pathlib import Path

import pytest

from seller.accounts import Accounts
from seller.errors import SellerError


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return Accounts(tmp_path / "operators.json")


def test_an_operator_is_recognised_by_name_and_password_and_the_file_can_tell_neither_password(
    accounts: Accounts,
) -> None:
    passwords = {name: accounts.add(name) for name in ("anna", "ben")}
    assert len(set(passwords.values())) == 2
    assert all(len(password) >= 24 for password in passwords.values())
    written = accounts.path.read_text()
    assert not any(password in written for password in passwords.values())
    assert stat.S_IMODE(accounts.path.stat().st_mode) == 0o600
    anna = accounts.recognised("anna", passwords["anna"])
    assert anna == accounts.named("anna")
    assert passwords["anna"] not in repr(anna)
    for name, password in (("anna", passwords["ben"]), ("anna", ""), ("carl", passwords["anna"]), ("", "")):
        assert accounts.recognised(name, password) is None


def test_ending_sessions_leaves_the_password_and_removing_leaves_nothing(accounts: Accounts) -> None:
    password = accounts.add("anna")
    before = accounts.named("anna")
    accounts.end_sessions("anna")
    after = accounts.recognised("anna", password)
    assert before
    assert after
    assert before.sessions != after.sessions
    accounts.remove("anna")
    assert accounts.all() == []
    assert accounts.recognised("anna", password) is None


def test_what_cannot_be_done_is_said_and_changes_nothing(accounts: Accounts) -> None:
    accounts.add("anna")
    before = accounts.path.read_bytes()
    for name, says in {
        "anna": "There is an operator named anna already",
        "an:na": "'an:na' is not the name of an operator",
        "": "'' is not the name of an operator",
    }.items():
        with pytest.raises(SellerError, match=says):
            accounts.add(name)
    for change in (accounts.remove, accounts.end_sessions):
        with pytest.raises(SellerError, match="There is no operator named 'carl' in"):
            change("carl")
    assert accounts.path.read_bytes() == before


def test_a_file_that_is_none_of_ours_or_that_others_may_change_lets_nobody_in(accounts: Accounts) -> None:
    password = accounts.add("anna")
    accounts.path.chmod(0o666)
    with pytest.raises(SellerError, match=r"changed by everybody.*; see PORTAL_OPERATORS") as open_to_all:
        Accounts(accounts.path).recognised("anna", password)
    assert open_to_all.value.type == "BadAccounts"
    accounts.path.chmod(0o600)
    accounts.path.write_text("{}}")
    with pytest.raises(SellerError, match="is not a file of operators; see PORTAL_OPERATORS"):
        accounts.add("ben")
    assert accounts.path.read_text() == "{}}"
