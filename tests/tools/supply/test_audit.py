"""The audit of the locks: told apart are nothing known, something known, and nothing to ask."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.support.ports import free_port
from tools.supply.__main__ import main
from tools.supply.lock import LOCKS

Audited = Callable[..., tuple[int, str, str]]

HASH = "--hash=sha256:" + "0" * 64


@dataclass
class Database:
    """Speaks as much of OSV's protocol as is asked of it, over HTTP."""

    known: dict[str, list[str]] = field(default_factory=dict)
    """The ids of what is known, by package and version."""
    advisories: dict[str, dict[str, Any]] = field(default_factory=dict)
    page: int = 1000
    """How many ids are in a page."""
    says: bytes | None = None
    """Answered whatever is asked, if it is there."""
    status: int = 200
    url: str = ""

    def answer(self, path: str, body: bytes) -> bytes:
        if self.says is not None:
            return self.says
        if path == "/v1/querybatch":
            return json.dumps({"results": [self._found(query) for query in json.loads(body)["queries"]]}).encode()
        return json.dumps(self.advisories.get(path.removeprefix("/v1/vulns/"), {})).encode()

    def _found(self, query: dict[str, Any]) -> dict[str, Any]:
        assert query["package"]["ecosystem"] == "PyPI"
        ids = self.known.get(f"{query['package']['name']} {query['version']}", [])
        start = int(query.get("page_token", 0))
        found: dict[str, Any] = {"vulns": [{"id": one} for one in ids[start : start + self.page]]} if ids else {}
        return found | ({"next_page_token": str(start + self.page)} if ids[start + self.page :] else {})


@contextmanager
def serving(database: Database) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = database.answer(self.path, self.rfile.read(int(self.headers.get("content-length", 0))))
            self.send_response(database.status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Not on the tests' screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def audited(capsys: pytest.CaptureFixture[str]) -> Audited:
    """An audit: its exit code, and what it said and complained of."""

    def audit(url: str, locks: Path = LOCKS) -> tuple[int, str, str]:
        code = main(["--locks", str(locks), "audit", "--database", url])
        said, complaint = capsys.readouterr()
        return code, said, complaint

    return audit


@pytest.fixture
def locks(tmp_path: Path) -> Path:
    (tmp_path / "product.txt").write_text(f"anyio==4.16.0 {HASH}\nh11==0.16.0 ; os_name != 'nt' \\\n    {HASH}\n")
    (tmp_path / "test.txt").write_text(f"anyio==4.16.0 {HASH}\n")
    return tmp_path


def test_nothing_known_is_said_of_all_locks_and_only_then_the_end_is_good(audited: Audited) -> None:
    with serving(Database()) as url:
        code, said, complaint = audited(url)
    assert (code, complaint) == (0, "")
    assert said.startswith(f"Nothing known at {url} against ")


def test_what_is_known_is_named_with_its_package_and_its_locks(audited: Audited, locks: Path) -> None:
    database = Database(
        known={"anyio 4.16.0": ["PYSEC-1", "GHSA-2", "GHSA-3"], "h11 0.15.0": ["GHSA-4"]},
        advisories={"GHSA-2": {"summary": "Reads\nlines"}, "GHSA-3": {"withdrawn": "2026-01-01T00:00:00Z"}},
        page=1,
    )
    with serving(database) as url:
        code, said, _ = audited(url, locks)
    assert (code, said.splitlines()) == (
        1,
        [
            "anyio 4.16.0 (product.txt, test.txt) PYSEC-1",
            "anyio 4.16.0 (product.txt, test.txt) GHSA-2: Reads lines",
            f"2 known at {url} against 2 packages of 2 locks",
        ],
    )


def test_where_no_database_can_be_reached_that_is_what_is_said(audited: Audited, locks: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    code, said, complaint = audited(url, locks)
    assert (code, said) == (3, "")
    assert complaint == (
        f"Nothing was checked: no advisory database can be reached at {url} (ConnectError). "
        "Whether anything is known against the locks is open.\n"
    )


@pytest.mark.parametrize(
    ("says", "status", "why"),
    [
        (b"<html>Sign in to the network</html>", 200, "does not answer as an advisory database does"),
        (b'{"results": []}', 200, "does not answer as an advisory database does"),
        (b'{"results": [{}]}', 200, "does not answer as an advisory database does"),
        (b'{"results": [{"vulns": [{"id": "../x"}]}, {}]}', 200, "does not answer as an advisory database does"),
        (b"{}", 503, "refuses (503)"),
        (b"{}", 302, "refuses (302)"),
    ],
)
def test_what_is_no_answer_is_not_taken_for_a_good_one(
    audited: Audited, locks: Path, says: bytes, status: int, why: str
) -> None:
    with serving(Database(says=says, status=status)) as url:
        code, said, complaint = audited(url, locks)
    assert (code, said) == (3, "")
    assert why in complaint


def test_a_lock_that_pins_nothing_by_hash_is_not_audited(audited: Audited, locks: Path) -> None:
    (locks / "more.txt").write_text("anyio\n")
    code, said, complaint = audited("http://127.0.0.1:1", locks)
    assert (code, said) == (2, "")
    assert "more.txt has a line that is not one version with SHA-256 hashes: anyio" in complaint
