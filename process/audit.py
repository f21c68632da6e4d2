"""The audit log: a line of JSON for whatever is tried, refused, ordered or read that somebody may ask about later.

``note`` may be called from anywhere in a process; ``begin`` says where its lines go. What a line may hold is decided
here, not by who calls: names and ids of a few characters, so that neither a secret in another form, an e-mail address
nor a line of somebody's own making gets in.
"""

import json
import os
import pwd
import re
import syslog
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

Event = Literal[
    "start",
    "login",
    "cookie",
    "form",
    "api_key",
    "api_keys",
    "operators",
    "request",
    "callback",
    "callback_event",
    "order",
    "activation_code",
    "codec",
    "payload",
]
Outcome = Literal["done", "refused", "throttled"]

Value = str | int | Sequence[str] | None

OUTCOMES: Final[Mapping[Event, Sequence[Outcome]]] = {
    "start": ("done",),
    "login": ("done", "refused", "throttled"),
    "cookie": ("refused",),
    "form": ("refused",),
    "api_key": ("refused",),
    "api_keys": ("done",),
    "operators": ("done",),
    "request": ("refused", "throttled"),
    "callback": ("refused",),
    "callback_event": ("refused",),
    "order": ("done", "refused"),
    "activation_code": ("done",),
    "codec": ("done", "refused"),
    "payload": ("refused",),
}
"""What each event can come to."""

BY: Final = ("operator", "api_key", "traveler", "address")
"""Who it was, the first that is known of these."""

PLAIN: Final = re.compile(r"[A-Za-z0-9._:/%+-]{1,128}")
"""What a value may be made of: ids, names and addresses. Activation codes and e-mail addresses cannot be written so."""

UNREADABLE: Final = "unreadable"

MOST_LISTED: Final = 40

WINDOW_SECONDS: Final = 60.0
FULL_LINES: Final = 5
"""Of the same within a window; the rest of them is one line at its end."""
MOST_REFUSALS: Final = 300
"""Lines of one event and outcome within a window, from whomever; the rest of them is one line at its end. What was
done is never left out for being much: only the same again is."""
MOST_KEPT: Final = 10_000

STDERR: Final = 2

_caller: ContextVar[Mapping[str, Value] | None] = ContextVar("caller", default=None)


@dataclass
class _Line:
    """What was noted, and how often again after that."""

    event: Event
    outcome: Outcome
    who: Mapping[str, Value]
    what: Mapping[str, Value]
    request_id: Value = None
    seen: int = 0
    more: int = 0

    @property
    def same(self) -> tuple[object, ...]:
        """Equal for lines that say the same. An attempt that was refused is the same whatever it was for."""
        what = self.what if self.outcome == "done" else {}
        return (self.event, self.outcome, *sorted(map(str, (*self.who.items(), *what.items()))))

    @property
    def by(self) -> str:
        """Who it was, in a word."""
        return next((kind for kind in BY if kind in self.who), "nobody")


class Trail:
    """Writes lines, no more of the same than somebody could want to read, and counts all of them."""

    def __init__(
        self,
        process: str,
        write: Callable[[str], None],
        operator: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.operator = operator
        self._process = process
        self._write = write
        self._clock = clock
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._began = clock()
        self._lines: dict[tuple[object, ...], _Line] = {}
        self._written: Counter[tuple[Event, Outcome]] = Counter()
        self._others: Counter[tuple[Event, Outcome]] = Counter()
        self.counts: Counter[tuple[Event, Outcome, str]] = Counter()

    def note(self, line: _Line) -> None:
        """Writes the line, or remembers to say how many there were."""
        with self._lock:
            if self._clock() - self._began >= WINDOW_SECONDS:
                self._sum_up()
            self.counts[(line.event, line.outcome, line.by)] += 1
            kind = (line.event, line.outcome)
            full = line.outcome != "done" and self._written[kind] >= MOST_REFUSALS
            first = self._lines.get(line.same, line)
            if not full and first.seen < FULL_LINES:
                first.seen += 1
                if len(self._lines) < MOST_KEPT:
                    self._lines[line.same] = first
                self._written[kind] += 1
                self._write(self._text(line))
                return
            if first is line:
                self._others[kind] += 1
            else:
                first.more += 1
            self._sum_up_later()

    def end(self) -> None:
        """Writes what was only counted so far."""
        with self._lock:
            self._sum_up()

    def _sum_up_later(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(max(0.0, self._began + WINDOW_SECONDS - self._clock()), self.end)
            self._timer.daemon = True
            self._timer.start()

    def _sum_up(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        for line in self._lines.values():
            if line.more:
                self._write(self._text(line, line.more))
        for (event, outcome), more in self._others.items():
            self._write(self._text(_Line(event, outcome, {}, {}), more))
        self._began = self._clock()
        self._lines.clear()
        self._written.clear()
        self._others.clear()

    def _text(self, line: _Line, more: int = 0) -> str:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        fields: dict[str, object] = {"time": now, "level": "INFO" if line.outcome == "done" else "WARNING"}
        fields |= {"logger": "audit", "process": self._process, "event": line.event, "outcome": line.outcome}
        fields |= {"message": f"{line.event}: {line.outcome}", "who": _readable(line.who)}
        if not more or line.outcome == "done":
            fields["what"] = _readable(line.what)
        if line.request_id and not more:
            fields["request_id"] = _plain(line.request_id)
        if more:
            same = "the same" if line.who else "the same kind, from others"
            fields |= {"message": f"and {more:,} more of {same} within a minute", "more": more}
        return json.dumps(fields)


def _readable(values: Mapping[str, Value]) -> dict[str, object]:
    return {name: _plain(value) for name, value in values.items() if value is not None}


def _plain(value: Value) -> object:
    """The value as it is, unless somebody put something else into it than belongs there."""
    match value:
        case None | int():
            return value
        case str():
            return value if PLAIN.fullmatch(value) else UNREADABLE
    listed = [_plain(one) for one in value[:MOST_LISTED]]
    return listed if len(value) <= MOST_LISTED else [*listed, f"and {len(value) - MOST_LISTED} more"]


def to_stderr(line: str) -> None:
    """Writes a line where a process writes its log: in one piece, which no other line gets into."""
    with suppress(OSError):  # there is nowhere left to say so
        os.write(STDERR, f"{line}\n".encode())


def to_syslog(line: str) -> None:
    """Writes a line into the system's log, where there is one: what is on somebody's screen is nobody's record."""
    syslog.syslog(syslog.LOG_AUTHPRIV | syslog.LOG_NOTICE, line)


def to_file(path: str) -> Callable[[str], None]:
    """Writes lines at the end of a file, which processes may share and somebody may move away (logrotate).

    What cannot be written there is written to stderr.
    """

    def write(line: str) -> None:
        try:
            opened = open_for_lines(path)
            try:
                os.write(opened, f"{line}\n".encode())
            finally:
                os.close(opened)
        except OSError:
            to_stderr(line)

    return write


def open_for_lines(path: str) -> int:
    """A descriptor of the file, made anew for its owner alone if it is not there. Raises OSError."""
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOCTTY, 0o600)


_trail = Trail("unknown", to_stderr)


def begin(process: str, write: Callable[[str], None] = to_stderr, operator: str | None = None) -> Trail:
    """From here on, lines are of this process and go there; the operator is who runs it, if all of it is for them."""
    global _trail
    _trail.end()
    _trail = Trail(process, write, operator)
    return _trail


def end() -> None:
    """Writes what was only counted so far: to be called before a process ends."""
    _trail.end()


def counted() -> Mapping[tuple[Event, Outcome, str], int]:
    """How many attempts there were since the process began, by what came of them and who it was."""
    return _trail.counts


def calling(**who: Value) -> None:
    """Says who the rest of this request is done for, beside what was said before."""
    _caller.set({**(_caller.get() or {}), **who})


def ordered_by(operator: str | None = None) -> str | None:
    """Who orders this, in a word that a purchase can carry: the operator, or whom this request is done for. None where
    nobody is known who has a name."""
    who = _caller.get() or {}
    name = operator or who.get("api_key") or who.get("operator")
    return name if isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9._@-]{1,64}", name) else None


def note(event: Event, outcome: Outcome, **what: Value) -> None:
    """Leaves a line about something, and who it was. What is None is left out."""
    who: dict[str, Value] = {"operator": _trail.operator} if _trail.operator else {}
    who.update(_caller.get() or {})
    request_id = who.pop("request_id", None)
    _trail.note(_Line(event, outcome, who, what, request_id))


def account() -> str:
    """Who runs this process, as the system has it and no variable can say otherwise."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
