"""The file that keeps the record of sales, for longer than Temporal remembers: it is only ever added to."""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, Final

from pydantic import field_validator

from contract.sale_entry import SaleEntry
from process.sale_lines import Form, entries_in, heading, line_of
from process.settings import EnvironmentSettings

LONGEST_LINE: Final = 65_536
"""Bytes: more than one can have."""


class RecordProblem(Exception):
    """The record cannot be read or added to: one sentence, without a full stop."""


class SalesRecordSettings(EnvironmentSettings):
    """Where the record of sales is kept."""

    esim_sales_record: Path | None = None

    @field_validator("esim_sales_record")
    @classmethod
    def _has_a_form(cls, file: Path | None) -> Path | None:
        if file is not None:
            form_of(file)
        return file

    def sales_record(self) -> "SalesRecord | None":
        """The record; None where none is kept."""
        return SalesRecord(self.esim_sales_record) if self.esim_sales_record else None


class SalesRecord:
    """One file, JSON Lines or CSV by the end of its name. Processes may share it; one adds to it at a time."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._form = form_of(file)

    def entries(self, wanted: Callable[[SaleEntry], bool] = lambda _: True) -> list[SaleEntry]:
        """Those that are wanted, in the order in which they were added; none if there is no file yet.

        Raises:
            RecordProblem: if it cannot be read, or has something else in it.
        """
        with self._problems("read"):
            try:
                with self._file.open("rb") as opened:
                    return [entry for entry in self._read(opened) if wanted(entry)]
            except FileNotFoundError:
                return []

    @contextmanager
    def adding(self) -> Iterator[Callable[[Sequence[SaleEntry]], int]]:
        """Gives a function that adds those of its entries that are not there yet, and returns how many these were.

        A line that a crash cut short is written anew. What was added is on the disk when the block ends.

        Raises:
            RecordProblem: if it cannot be written, has something else in it, or another process adds to it.
        """
        with self._problems("written"):
            opened = self._locked()
        with opened:
            with self._problems("written"):
                known = {entry.entry_id for entry in self._read(opened)}
                if self._cut_off_torn_line(opened) == 0:
                    opened.write(heading(self._form).encode())

            def add(entries: Sequence[SaleEntry]) -> int:
                new = {entry.entry_id: entry for entry in entries if entry.entry_id not in known}
                with self._problems("written"):
                    opened.writelines(line_of(entry, self._form).encode() for entry in new.values())
                known.update(new)
                return len(new)

            yield add
            with self._problems("written"):
                opened.flush()
                os.fsync(opened.fileno())
                os.utime(opened.fileno())  # that it is up to date shows also where nothing was new

    def updated_at(self) -> float:
        """When it was last brought up to date, in seconds since 1970; 0 if never."""
        try:
            return self._file.stat().st_mtime
        except OSError:
            return 0.0

    def rename_traveler(self, traveler_id: str, to: str) -> int:
        """Has every entry of a traveler say another id, and returns how many there were. The file is replaced whole.

        Raises RecordProblem as ``adding`` does.
        """
        with self._problems("written"):
            if not self._file.exists():
                return 0
            with self._locked() as opened, NamedTemporaryFile("wb", dir=self._file.parent, delete=False) as new:
                try:
                    new.write(heading(self._form).encode())
                    count = 0
                    for entry in self._read(opened):
                        if entry.traveler_id == traveler_id:
                            entry.traveler_id, count = to, count + 1
                        new.write(line_of(entry, self._form).encode())
                    new.flush()
                    os.fsync(new.fileno())
                    os.replace(new.name, self._file)
                finally:
                    Path(new.name).unlink(missing_ok=True)
        return count

    def _locked(self) -> BinaryIO:
        opened = os.fdopen(os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_NOCTTY, 0o600), "r+b")
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            opened.close()
            if not isinstance(error, BlockingIOError):
                raise
            raise RecordProblem(f"{self._file} is being added to by another process: try again later") from None
        if not os.path.samestat(os.fstat(opened.fileno()), self._file.stat()):  # it was replaced just now
            opened.close()
            return self._locked()
        return opened

    def _read(self, opened: BinaryIO) -> Iterator[SaleEntry]:
        """Every entry but one that a crash cut short: its line has no end."""
        return entries_in((line.decode() for line in opened if line.endswith(b"\n")), self._form)

    def _cut_off_torn_line(self, opened: BinaryIO) -> int:
        """Returns where the next line begins. Raises ValueError if what has no end is not ours, which its beginning
        tells; everything before it was read."""
        end = opened.seek(0, os.SEEK_END)
        opened.seek(max(0, end - LONGEST_LINE))
        torn = opened.read().rpartition(b"\n")[2]
        begins = heading("csv") if len(torn) == end else ""
        ours = (begins if self._form == "csv" else '{"entry_id":"').encode()
        if torn[: len(ours)] != ours[: len(torn)]:
            raise ValueError("the last line is none of it")
        opened.truncate(end - len(torn))
        return opened.seek(0, os.SEEK_END)

    @contextmanager
    def _problems(self, done: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RecordProblem(f"{self._file} cannot be {done}: {error.strerror}") from None
        except ValueError:
            raise RecordProblem(
                f"{self._file} is no record of sales, or a line of it was changed: nothing was added, "
                "put it right or name another file"
            ) from None


def form_of(file: Path) -> Form:
    """The form that a file's name ends with. Raises ValueError if that is none."""
    match file.suffix:
        case ".jsonl":
            return "jsonl"
        case ".csv":
            return "csv"
    raise ValueError("is neither JSON Lines nor CSV: its name has to end with .jsonl or .csv")
