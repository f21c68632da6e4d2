"""Where a demo keeps its database and its logs: a directory that no other demo uses at the same time."""

import fcntl
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from cli.problem import Problem

OURS: Final = {"lock", "temporal.db"}
"""What only a demo leaves in a directory."""


class Place(NamedTuple):
    """A directory, and the descriptor of its lock. A child that inherits it keeps the directory locked, should the
    demo itself be killed: two servers on one database would ruin it.
    """

    directory: Path
    lock: int
    is_another: bool
    """Whether it is not the directory that was asked for."""


@contextmanager
def free_place(directory: Path) -> Iterator[Place]:
    """The directory if no demo is using it, or else the first free one of its subdirectories 2, 3, …

    Raises:
        Problem: ``NotWritten`` if it cannot be made or written to.
    """
    try:
        place = _first_free(directory.absolute())
    except OSError as error:
        raise Problem("NotWritten", f"{directory} cannot be used: {error.strerror}") from None
    try:
        yield place
    finally:
        os.close(place.lock)


def _keep_for_oneself(directory: Path) -> None:
    """Makes the directory, readable by its owner alone, also where an earlier demo left it open to all.

    Raises:
        Problem: ``NotWritten`` if there is anything else in it that others may read, which is not ours to hide.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = directory.stat()
    if status.st_uid != os.getuid():
        raise Problem("NotWritten", f"{directory} belongs to another user, who could read its secrets: name another")
    if status.st_mode & 0o077:
        there = set(os.listdir(directory))
        if there and not there & OURS:
            what = f"{directory} is open to others, and has something else in it: name another, or chmod 700 it"
            raise Problem("NotWritten", what)
        directory.chmod(0o700)


def _first_free(directory: Path) -> Place:
    for number in itertools.count(1):
        candidate = directory if number == 1 else directory / str(number)
        _keep_for_oneself(candidate)
        lock = os.open(candidate / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        return Place(candidate, lock, is_another=number > 1)
    raise AssertionError("there is always one more number")
