"""The process table, as far as the tests look at it."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """A living process."""

    pid: int
    group: int
    session: int
    command: str

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


def session_of(leader: int) -> list[Entry]:
    """The processes of a session, whatever their group: what a process started, unless it started a session anew."""
    return [entry for entry in map(_entry, Path("/proc").glob("[0-9]*")) if entry and entry.session == leader]


def _entry(process: Path) -> Entry | None:
    try:
        state, _parent, group, session = (process / "stat").read_text().rpartition(")")[2].split()[:4]
        command = (process / "cmdline").read_text().replace("\0", " ")
    except OSError:  # it has ended meanwhile
        return None
    return None if state == "Z" else Entry(int(process.name), int(group), int(session), command)
