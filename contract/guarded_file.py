"""Files that keys and secrets are read from: only if nobody else may put others into them."""

import os
import stat
from pathlib import Path
from typing import Final

OTHERS_MAY_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


class Unguarded(Exception):
    """Somebody else may change the file. The message says who, and what to do."""


def read_guarded(file: Path) -> bytes:
    """The content of a file that only its owner may write, who is whom this process runs as, or root.

    Raises:
        Unguarded: if it is somebody else's or others may write it, or replace it in one of the folders that lead there.
        OSError: if it cannot be read.
    """
    with file.open("rb") as opened:
        # What was opened, not what is there by now; and its folders, or it could be another one the next time.
        _check(file, os.fstat(opened.fileno()))
        check_folders(file)
        return opened.read()


def check_guarded(file: Path) -> None:
    """Raises what ``read_guarded`` raises, for a file that somebody else reads."""
    _check(file, file.stat())
    check_folders(file)


def check_folders(file: Path) -> None:
    """Raises Unguarded if others may replace the file in its folder, or that in its own, and so on; as it is named, and
    as it is where links lead to it."""
    for folder in {*file.absolute().parents, *file.resolve().parents}:
        status = folder.stat()
        if not status.st_mode & stat.S_ISVTX:  # in a sticky folder, nobody replaces what is not theirs
            _check(folder, status)
        else:
            _check_owner(folder, status)


def _check(place: Path, status: os.stat_result) -> None:
    _check_owner(place, status)
    if status.st_mode & OTHERS_MAY_WRITE:
        who = "everybody" if status.st_mode & stat.S_IWOTH else "its group"
        raise Unguarded(f"{place} can be changed by {who}, and with it what is a secret here: chmod go-w {place}")


def _check_owner(place: Path, status: os.stat_result) -> None:
    if status.st_uid not in (os.geteuid(), 0):
        do = "chown it to that one, or to root" if os.geteuid() else "run this as its owner, or chown it to root"
        raise Unguarded(
            f"{place} belongs to user {status.st_uid}, who can change it, and this runs as user {os.geteuid()}: {do}"
        )
