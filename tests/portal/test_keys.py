import logging
import os
import stat
from pathlib import Path

import pytest

from portal.__main__ import main
from portal.keys import ApiKeys, KeysProblem


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ApiKeys:
    path = tmp_path / "keys.json"
    monkeypatch.setenv("PORTAL_API_KEYS", str(path))
    monkeypatch.delenv("PORTAL_SECRET", raising=False)
    return ApiKeys(path)


def test_a_key_is_printed_once_and_its_file_cannot_tell_it(
    keys: ApiKeys, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert main(["keys", "new", "shop-1"]) == 0
    key = capsys.readouterr().out.strip()
    assert key.startswith("esim_")
    assert len(key) == 48
    assert key not in keys.path.read_text() + caplog.text
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    assert [path.name for path in keys.path.parent.iterdir()] == ["keys.json"]
    assert keys.known(key) == keys.all()[0]
    assert keys.known(key[:-1]) is None
    assert main(["keys", "list"]) == 0
    listed = capsys.readouterr().out
    assert listed.startswith("shop-1  made 2")
    assert key not in listed


def test_a_revoked_key_is_refused_at_once_and_the_others_are_not(keys: ApiKeys) -> None:
    one, other = keys.add("one"), keys.add("other")
    assert keys.known(one)
    assert main(["keys", "revoke", "one"]) == 0
    assert [keys.known(one), keys.known(other)] == [None, *keys.all()]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["new", "a b"], "'a b' is not the name of a key: 1 to 64 characters of A-Z a-z 0-9 . _ -"),
        (["new", "taken"], "There is a key named taken already: take another name, or revoke that one first"),
        (
            ["new", "reseller", "--travelers", "R7"],
            "'R7' does not tell travelers apart: their ids are of A-Z a-z 0-9 . _ -, and it has to end with one of "
            ". _ - as R7- does (R7 alone would let it have those of R71, too)",
        ),
        (
            ["revoke", "nobody"],
            "There is no key named nobody in {file}: python -m portal keys list shows those there are",
        ),
    ],
)
def test_a_command_that_cannot_be_carried_out_says_why_and_changes_nothing(
    keys: ApiKeys, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    keys.add("taken")
    before = keys.path.read_bytes()
    assert main(["keys", *arguments]) == 1
    assert capsys.readouterr().err == f"{sentence.format(file=keys.path)}\n"
    assert keys.path.read_bytes() == before


def test_who_sees_no_keys_sees_in_which_file(keys: ApiKeys, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "list"]) == 0
    assert capsys.readouterr().out == f"No keys in {keys.path}\n"


@pytest.mark.parametrize("asked", [["--help"], ["keys", "--help"]])
def test_who_asks_how_it_is_used_is_told(capsys: pytest.CaptureFixture[str], asked: list[str]) -> None:
    try:
        code = main(asked)
    except SystemExit as end:
        code = int(end.code or 0)
    told = capsys.readouterr().out
    assert (code, told.startswith("usage: python -m portal")) == (0, True)
    assert {"new", "list", "revoke"} <= set(told.replace(",", " ").replace("{", " ").replace("}", " ").split())


def test_a_file_that_holds_something_else_is_neither_used_nor_overwritten(keys: ApiKeys) -> None:
    keys.path.write_text("{}}")
    for use in (keys.all, lambda: keys.add("shop"), lambda: keys.known("esim_1")):
        with pytest.raises(KeysProblem, match="is not a file of portal keys; see PORTAL_API_KEYS"):
            use()
    assert keys.path.read_text() == "{}}"


def test_a_directory_that_is_not_there_is_said(keys: ApiKeys) -> None:
    with pytest.raises(KeysProblem, match="cannot be written: No such file or directory; see PORTAL_API_KEYS"):
        ApiKeys(keys.path.parent / "none" / "keys.json").add("shop")


def test_what_a_key_is_limited_to_is_kept_and_listed(keys: ApiKeys, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "new", "reseller", "--travelers", "R7-", "--read-only", "--without-codes"]) == 0
    assert main(["keys", "new", "shop"]) == 0
    capsys.readouterr()
    assert main(["keys", "list"]) == 0
    limited, whole = capsys.readouterr().out.splitlines()
    assert limited.endswith("UTC, reads only, travelers R7-… only, no activation codes")
    assert whole.endswith("UTC")
    assert [key.admits("R7-1") for key in keys.all()] == [True, True]
    assert [key.admits("R71-1") for key in keys.all()] == [False, True]


def test_a_key_of_the_release_before_may_do_everything(keys: ApiKeys) -> None:
    keys.path.write_text('{"keys": [{"name": "old", "sha256": "00", "created_at": "2026-01-01T00:00:00Z"}]}')
    keys.path.chmod(0o600)
    [old] = keys.all()
    assert (old.read_only, old.travelers, old.without_codes, old.words) == (False, None, False, [])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_who_could_read_the_file_of_keys_still_can_when_it_was_changed(keys: ApiKeys) -> None:
    keys.add("one")
    keys.path.chmod(0o640)
    keys.add("other")
    assert mode(keys.path) == 0o640


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files for others")
def test_a_key_that_root_makes_is_read_by_the_shop_that_is_not_root(
    keys: ApiKeys, capsys: pytest.CaptureFixture[str]
) -> None:
    shop, group = 4711, 4712
    os.chown(keys.path.parent, 0, group)
    keys.path.parent.chmod(0o750)
    assert main(["keys", "new", "one"]) == 0
    assert (keys.path.stat().st_uid, keys.path.stat().st_gid, mode(keys.path)) == (0, group, 0o640)
    assert main(["keys", "new", "other"]) == 0
    assert (keys.path.stat().st_uid, keys.path.stat().st_gid, mode(keys.path)) == (0, group, 0o640)
    keys.path.unlink()
    os.chown(keys.path.parent, shop, group)
    assert main(["keys", "new", "one"]) == 0
    assert (keys.path.stat().st_uid, keys.path.stat().st_gid, mode(keys.path)) == (shop, group, 0o640)
    assert main(["keys", "new", "other"]) == 1, "root does not trust what is somebody else's"
    assert "run this as its owner" in capsys.readouterr().err
