"""A file that names eSIMs, a line each: CSV as spreadsheets write it, or nothing but ids."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.problem import Problem
from cli.sheet import delimiter_of
from contract.failure import INVALID_REQUEST
from contract.ids import is_id
from contract.text import text_of
from contract.workflow_ids import endpoint_id_of

AS_NUMBER: Final = re.compile(r"\d+([.,]\d+)?[eE]\+?\d+")
"""What a spreadsheet makes of a long id."""

ESIM: Final = ("endpoint_id", "subscription_id")
PURCHASE: Final = "purchase_id"
PRODUCT: Final = "product"
KNOWN: Final = (*ESIM, PURCHASE, PRODUCT)

MOST_BYTES: Final = 50_000_000
MOST_TOLD: Final = 10


@dataclass(frozen=True)
class Row:
    """One line of the file that names an eSIM; ``line`` is counted from 1, as editors do."""

    line: int
    endpoint_id: str
    purchase_id: str | None
    product: str | None


class WrongLines:
    """What is wrong with lines of a file, said all at once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._wrong: list[tuple[int, str]] = []

    def add(self, line: int, why: str) -> None:
        """One more of them."""
        self._wrong.append((line, why))

    def refuse(self) -> None:
        """Raises a Problem, ``InvalidRequest``, that names the first of them, if there are any."""
        if not self._wrong:
            return
        wrong = sorted(self._wrong)
        told = "; ".join(f"line {line}: {why}" for line, why in wrong[:MOST_TOLD])
        more = f"; and {len(wrong) - MOST_TOLD} more lines" if len(wrong) > MOST_TOLD else ""
        raise Problem(INVALID_REQUEST, f"Nothing was done, {self._file} has to be corrected first: {told}{more}")


def read_rows(file: Path, wrong: WrongLines) -> list[Row]:
    """The lines that name an eSIM. Empty ones are left out, and what is wrong with others goes to ``wrong``.

    Raises a Problem: ``NotRead`` if the file cannot be read; ``InvalidRequest`` if it names no eSIMs at all.
    """
    lines = _lines(file)
    if not lines:
        raise Problem(INVALID_REQUEST, f"{file} is empty: it names an eSIM in each line, by its endpoint id")
    columns = _columns(file, lines[0][1])
    rows = [_row(line, cells, columns, wrong) for line, cells in (lines if columns is None else lines[1:])]
    return [row for row in rows if row]


def find_doubles(rows: Iterable[Row], wrong: WrongLines, *, by_purchase: bool) -> None:
    """Adds to ``wrong`` whatever names the same as a line before: the same purchase, or else the same eSIM."""
    seen: dict[str, int] = {}
    for row in rows:
        name = f"purchase {row.purchase_id}" if by_purchase else f"eSIM {row.endpoint_id}"
        if name in seen:
            wrong.add(row.line, f"{name} stands in line {seen[name]}, too")
        seen.setdefault(name, row.line)


def _lines(file: Path) -> list[tuple[int, list[str]]]:
    """The cells of every line that is not empty, with its number."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise Problem("NotRead", f"{file} is larger than {MOST_BYTES // 1_000_000} MB: that is no list of eSIMs")
        text = text_of(file.read_bytes())
    except OSError as error:
        raise Problem("NotRead", f"{file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise Problem("NotRead", f"{file} cannot be read: {error}") from None
    delimiter, text = delimiter_of(text, ",;\t")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    read, first_line = list[tuple[int, list[str]]](), 1
    try:
        for cells in reader:
            read.append((first_line, [cell.strip() for cell in cells]))
            first_line = reader.line_num + 1  # a cell may have several lines
    except csv.Error as error:
        raise Problem("NotRead", f"{file} is no CSV: line {reader.line_num}: {error}") from None
    return [(line, cells) for line, cells in read if any(cells)]


def _columns(file: Path, first: Sequence[str]) -> dict[str, int] | None:
    """Which column is where, by the first line; None if that names no columns and is a line like the others."""
    named = [cell.lower().replace(" ", "_") for cell in first]
    if set(named).isdisjoint(KNOWN):
        if len(first) == 1:
            return None
        raise Problem(INVALID_REQUEST, f"{file} has no first line with the names of its columns, such as {ESIM[0]}")
    if set(named).isdisjoint(ESIM):
        raise Problem(INVALID_REQUEST, f"{file} has no column {ESIM[0]} or {ESIM[1]}: nothing says which eSIMs")
    return {name: named.index(name) for name in KNOWN if name in named}


def _row(line: int, cells: Sequence[str], columns: dict[str, int] | None, wrong: WrongLines) -> Row | None:
    found = {ESIM[0]: cells[0]} if columns is None else {name: _cell(cells, at) for name, at in columns.items()}
    endpoint_id = endpoint_id_of(next((found[name] for name in ESIM if found.get(name)), ""))
    purchase_id = found.get(PURCHASE) or None
    for what, value in (("an endpoint id", endpoint_id), ("a purchase id", purchase_id)):
        if value is not None and (why := _why_wrong(value, what)):
            wrong.add(line, why)
            return None
    return Row(line, endpoint_id, purchase_id, found.get(PRODUCT) or None)


def _cell(cells: Sequence[str], at: int) -> str:
    return cells[at] if at < len(cells) else ""


def _why_wrong(value: str, what: str) -> str | None:
    if not value:
        return "it names no eSIM"
    if AS_NUMBER.fullmatch(value):
        return f"{value!r} is what a spreadsheet made of a long number: format the column as text, and fill it in again"
    if not is_id(value):
        return f"{value[:70]!r} is not {what}"
    return None
