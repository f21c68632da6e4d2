"""What is installed is pinned: packages by hash, and whatever else a build may fetch."""

import re
from pathlib import Path

import pytest

from tools.supply.lock import LOCKS, ROOT, LockProblem, all_locks, pins_of

HASH = "--hash=sha256:" + "0" * 64

BUILT_WITH = re.compile(r"(^|[./-])(Dockerfile|Containerfile)([.-]|$)|^\.github/|(^|/)action\.ya?ml$")

FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE | re.MULTILINE)
USES = re.compile(r"^\s*(?:-\s*)?uses:\s*[\"']?([^\s\"'#]+)", re.MULTILINE)


def test_every_lock_pins_one_version_of_each_package_with_its_hashes() -> None:
    names = {lock.stem for lock in all_locks()}
    assert names == {"demo", "lock", "product", "seller", "test", "tracing"}
    product = {pin.name: pin for pin in pins_of(LOCKS / "product.txt")}
    assert {"temporalio", "cryptography", "uvicorn"} <= set(product)
    for lock in all_locks():
        pins = {pin.name: pin for pin in pins_of(lock)}
        assert all(pin.hashes for pin in pins.values())
        both = set(pins) & set(product)
        assert {pins[name].version for name in both} == {product[name].version for name in both}, "tested as it is sold"


@pytest.mark.parametrize(
    "lines",
    [
        "anyio==4.16.0",
        f"anyio>=4.16.0 {HASH}",
        f"anyio==4.16.0 {HASH[:-1]}",
        f"anyio==4.16.0 {HASH}\nanyio==4.16.1 {HASH}",
        f"anyio==4.16.0 {HASH}\n-r more.txt",
        f"--index-url http://127.0.0.1\nanyio==4.16.0 {HASH}",
        f"anyio @ http://127.0.0.1/anyio.zip {HASH}",
        f"-e . {HASH}",
        "",
    ],
)
def test_a_lock_in_which_something_is_not_pinned_is_refused(tmp_path: Path, lines: str) -> None:
    lock = tmp_path / "product.txt"
    lock.write_text(f"{lines}\n")
    with pytest.raises(LockProblem, match=r"product\.txt"):
        pins_of(lock)


def test_what_make_installs_is_checked_by_its_hash() -> None:
    installs = re.findall(r"^.*pip install.*$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert len(installs) == 2
    assert all("--require-hashes -r" in install for install in installs)


def loose(text: str) -> list[str]:
    """The images in a recipe that are not named by their digest, and the actions that are not named by a commit."""
    images = FROM.findall(text)
    stages = {"scratch", *(stage for _, stage in images)}
    named = [image for image, _ in images if image not in stages and not re.search("@sha256:[0-9a-f]{64}$", image)]
    return named + [
        action
        for action in USES.findall(text)
        if not action.startswith("./") and not re.search("@([0-9a-f]{40}|sha256:[0-9a-f]{64})$", action)
    ]


def test_an_image_by_tag_and_an_action_by_branch_are_found() -> None:
    digest, commit = "0" * 64, "0" * 40
    assert loose("FROM python:3.13-slim AS build\nFROM build\n") == ["python:3.13-slim"]
    assert loose(f"FROM --platform=linux python:3.13@sha256:{digest} AS build\nfrom build\nFROM scratch") == []
    assert loose("  - uses: actions/checkout@v4\n    uses: ./here") == ["actions/checkout@v4"]
    assert loose(f"  - uses: actions/checkout@{commit}  # v4") == []


def test_whatever_builds_an_image_names_what_it_builds_on_by_its_hash() -> None:
    places = [place for place in ROOT.iterdir() if place.name not in (".venv", ".git", "build")]
    files = [path for place in places for path in (place, *place.rglob("*")) if path.is_file()]
    recipes = [path for path in files if BUILT_WITH.search(path.relative_to(ROOT).as_posix())]
    assert len(files) > 100
    assert ROOT / "Containerfile" in recipes
    assert {path.name: found for path in recipes if (found := loose(path.read_text()))} == {}
