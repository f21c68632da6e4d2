"""A file of records that a process reads again whenever it was changed, and that is changed by one at a time."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Generic, TypeVar

from pydantic import BaseModel

from contract.guarded_file import Unguarded, read_guarded
from contract.text import text_of
from temporal.replaced_file import replacing

READABLE: Final = 0o644
"""What of a file's mode is kept when it is written anew: who may read it, and its owner to write it."""

GROUP_READS: Final = 0o640

Content = TypeVar("Content", bound=BaseModel)


class RecordsProblem(Exception):
    """The file cannot be read or written. The message says why, and shows nothing that is in it."""


class GuardedRecords(Generic[Content]):
    """What is in the file as it is now, as a model of this kind; an empty one where there is no file. ``what`` is what
    it is a file of, in the messages of errors."""

    def __init__(self, path: Path, kind: type[Content], what: str) -> None:
        self.path = path
        self._kind = kind
        self._what = what
        self._read_as: tuple[int, ...] | None = None
        self._content = kind()

    def read(self) -> Content:
        """What is in it, not to be changed. Raises RecordsProblem."""
        try:
            stat = self.path.stat()
            version = (stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size)
            if version != self._read_as:
                self._content = self._kind.model_validate_json(text_of(read_guarded(self.path)))
                self._read_as = version
        except FileNotFoundError:
            self._content, self._read_as = self._kind(), None
        except OSError as error:
            raise RecordsProblem(f"{self.path} cannot be read: {error.strerror}") from None
        except Unguarded as unguarded:
            raise RecordsProblem(str(unguarded)) from None
        except ValueError:  # pydantic's, too
            raise RecordsProblem(f"{self.path} is not a file of {self._what}") from None
        return self._content

    @contextmanager
    def changing(self) -> Iterator[Content]:
        """What is in it, written back after the block. Two that change it at once come one after the other.

        Raises RecordsProblem.
        """
        try:
            directory = os.open(self.path.parent, os.O_RDONLY)
            try:
                fcntl.flock(directory, fcntl.LOCK_EX)
                content = self.read().model_copy(deep=True)
                yield content
                self._write(content)
            finally:
                os.close(directory)
        except OSError as error:
            raise RecordsProblem(f"{self.path} cannot be written: {error.strerror}") from None

    def _write(self, content: Content) -> None:
        with replacing(self.path) as written:
            written.write(json.dumps(content.model_dump(mode="json"), indent=2).encode())
            self._hand_over(written.fileno())

    def _hand_over(self, written: int) -> None:
        """Has whoever could read the file before read it now, too. One that is new is its owner's alone; where root
        makes it, it belongs as the folder does, and the folder's group may read it.
        """
        try:
            os.fchmod(written, self.path.stat().st_mode & READABLE)
        except FileNotFoundError:
            if os.geteuid() == 0 and self.path.parent.stat().st_gid != 0:
                os.fchmod(written, GROUP_READS)
