"""Where a demo keeps its database and its logs: a directory that no other demo uses at the same time."""

import fcntl
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from cli.problem import Problem


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


def _first_free(directory: Path) -> Place:
    for number in itertools.count(1):
        candidate = directory if number == 1 else directory / str(number)
        candidate.mkdir(parents=True, exist_ok=True)
        lock = os.open(candidate / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        return Place(candidate, lock, is_another=number > 1)
    raise AssertionError("there is always one more number")
