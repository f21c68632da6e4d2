"""The audit log: what a line has and cannot have, and how much of the same is written."""

import json
import os
import re
from contextvars import copy_context
from pathlib import Path

import pytest

from process import audit
from process.audit import FULL_LINES, MOST_REFUSALS, WINDOW_SECONDS, Event, Outcome, Trail
from process.audit_metrics import exposition
from process.audit_settings import AuditSettings
from process.settings import SettingsProblem, read_settings
from tests.support.audit_trail import audited


class Flood:
    """A trail whose time passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lines: list[str] = []
        self.trail = Trail("tests", self.lines.append, clock=lambda: self.now)

    def note(self, event: Event, outcome: Outcome, times: int = 1, address: str = "192.0.2.1", **what: str) -> None:
        for _ in range(times):
            self.trail.note(audit._Line(event, outcome, {"address": address}, what))

    @property
    def sums(self) -> list[tuple[str, object, str]]:
        read = [json.loads(line) for line in self.lines]
        return [(line["event"], line["who"].get("address"), line["message"]) for line in read if "more" in line]


def test_a_line_says_when_what_by_whom_and_about_what() -> None:
    with audited() as lines:

        def request() -> None:
            audit.calling(address="192.0.2.1", request_id="r-1")
            audit.calling(traveler="T-1")
            audit.note("activation_code", "done", endpoint_id="4000001", nothing=None)

        copy_context().run(request)
        audit.note("start", "done")
    code, start = lines.all()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", code.pop("time"))
    assert code == {
        "level": "INFO",
        "logger": "audit",
        "process": "tests",
        "event": "activation_code",
        "outcome": "done",
        "message": "activation_code: done",
        "who": {"address": "192.0.2.1", "traveler": "T-1"},
        "what": {"endpoint_id": "4000001"},
        "request_id": "r-1",
    }
    assert start["who"] == {}


@pytest.mark.parametrize(
    "value",
    [
        'T-1\n{"event": "login", "outcome": "done"}',
        "T-1\r\x1b[2J",
        "T-1\u2028",
        "LPA:1$smdp.example.com$HUSH",
        "traveler@example.com",
        "p4ss word",
        "x" * 129,
        "",
    ],
)
def test_what_belongs_nowhere_in_a_line_is_unreadable_there(value: str) -> None:
    with audited() as lines:
        audit.note("order", "refused", order=value, several=[value, "ok"])
    assert len(lines.written[0].splitlines()) == 1
    assert lines.all()[0]["what"] == {"order": "unreadable", "several": ["unreadable", "ok"]}


def test_a_line_stays_short_however_much_is_listed() -> None:
    with audited() as lines:
        audit.note("api_keys", "done", added=["k" * 64] * 1000)
    assert len(lines.written[0]) < 4096  # what a pipe takes in one piece
    assert lines.all()[0]["what"]["added"][-1] == "and 960 more"


def test_a_flood_is_a_few_lines_and_a_sum_at_the_end_of_the_minute() -> None:
    flood = Flood()
    flood.note("login", "refused", FULL_LINES + 4213)
    flood.note("login", "refused", address="192.0.2.2")
    assert (len(flood.lines), flood.sums) == (FULL_LINES + 1, [])
    flood.now = WINDOW_SECONDS
    flood.note("login", "refused")
    assert flood.sums == [("login", "192.0.2.1", "and 4,213 more of the same within a minute")]
    assert len(flood.lines) == FULL_LINES + 3
    assert flood.trail.counts[("login", "refused", "address")] == FULL_LINES + 4215


def test_a_flood_from_everywhere_is_bounded_too_and_hides_nothing_that_was_done() -> None:
    flood = Flood()
    for number in range(MOST_REFUSALS + 1000):
        flood.note("cookie", "refused", address=f"2001:db8::{number}")
    assert len(flood.lines) == MOST_REFUSALS
    for number in range(1000):
        flood.note("activation_code", "done", endpoint_id=str(number))
    flood.note("login", "refused")
    assert len(flood.lines) == MOST_REFUSALS + 1001
    flood.trail.end()
    assert flood.sums == [("cookie", None, "and 1,000 more of the same kind, from others within a minute")]


def test_a_sum_comes_also_if_nothing_happens_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "WINDOW_SECONDS", 0.05)
    flood = Flood()
    flood.note("login", "refused", FULL_LINES + 2)
    timer = flood.trail._timer
    assert timer is not None
    timer.join(10)
    assert [sum[2] for sum in flood.sums] == ["and 2 more of the same within a minute"]


def test_the_file_is_its_owners_and_is_made_anew_when_it_was_moved_away(tmp_path: Path) -> None:
    file = tmp_path / "audit.log"
    write = AuditSettings(audit_log=str(file)).writes()
    write("1")
    file.rename(tmp_path / "audit.log.1")
    write("2")
    write("3")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("2\n3\n", 0o600)


def test_a_file_that_cannot_be_written_is_named_at_the_start_and_later_stderr_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUDIT_LOG", str(tmp_path / "nowhere" / "audit.log"))
    with pytest.raises(SettingsProblem, match=r"AUDIT_LOG .* cannot be written: No such file"):
        read_settings(AuditSettings)
    audit.to_file(os.environ["AUDIT_LOG"])("a line")
    assert capfd.readouterr().err == "a line\n"


def test_every_counter_is_there_before_anything_happened() -> None:
    with audited():
        audit.note("login", "refused")
        shown = exposition().splitlines()
    assert 'esim_audit_events_total{event="login",outcome="refused",by="nobody"} 1' in shown
    assert 'esim_audit_events_total{event="activation_code",outcome="done",by="operator"} 0' in shown
