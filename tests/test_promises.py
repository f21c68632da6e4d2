"""docs/promises.md names tests that exist."""

import re
from pathlib import Path

TESTS = Path(__file__).parent


def test_every_promise_is_held_by_tests_that_exist() -> None:
    page = (TESTS.parent / "docs" / "promises.md").read_text()
    written = set(re.findall(r"def (test_\w+)", "".join(file.read_text() for file in TESTS.rglob("test_*.py"))))
    rows = [line.split("|")[2] for line in page.splitlines() if line.startswith("| ")][1:]
    named = [re.findall(r"`(test_\w+)`", row) for row in rows]
    assert all(named)
    assert {name for names in named for name in names} <= written
