"""A table as a spreadsheet exports it: in CSV, whatever that program takes for CSV today."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.problem import Problem

DELIMITERS: Final = ",;\t|"

WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How the files of Excel and LibreOffice begin themselves."""

BLANKS: Final = "\u00a0\u200b\u2060\ufeff"
"""What looks like nothing, beside what Python strips."""

NOTHING: Final = {"", "-", "null", "none", "nan", "n/a"}
"""What databases and spreadsheets write for nothing; SFT writes a dash."""

AS_TEXT: Final = re.compile(r'="(.*)"')
"""How a cell is kept from being turned into a number."""

LINE_ENDS: Final = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Line:
    """One line: its number, from 1 for the first of the file, and its cells by column; or else why it cannot be read.

    An empty cell is not among ``cells``.
    """

    number: int
    cells: dict[str, str]
    fault: str | None = None


@dataclass(frozen=True)
class Sheet:
    """The columns that matter, of those that the file has, and its lines, without those that are blank."""

    columns: Sequence[str]
    lines: Sequence[Line]


def read_sheet(file: Path, columns: Sequence[str], encoding: str | None = None) -> Sheet:
    """Reads a file with these columns, in any order and among others, whose names may be written in any way.

    In UTF-8 or UTF-16 unless another ``encoding`` is named. What is not text in it stays in the cells as lone
    surrogates.

    Raises:
        Problem: ``NotRead`` if the file cannot be read, or is no such table.
    """
    lines = LINE_ENDS.split(_text(file, encoding))
    delimiter = None
    if separator := re.fullmatch(r"sep=(.)", lines[0]):  # which Excel writes for itself
        delimiter, lines[0] = separator[1], ""
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip(f" \t,;|{BLANKS}"))
    first = next(numbered, None)
    if first is None:
        raise _not_read(file, "is empty")
    delimiter = delimiter or max(DELIMITERS, key=first[1].count)
    try:
        header = _cells(first[1], delimiter)
    except csv.Error:
        raise _not_read(file, "has a header whose quotation marks do not match") from None
    names = _names(file, header, columns)
    read = [_line(number, line, delimiter, names) for number, line in numbered]
    return Sheet([name for name in names if name], read)


def delimiter_of(text: str, delimiters: str) -> tuple[str, str]:
    """What is between the cells of a table, which is what Excel says in a line of its own before all others, or else
    what its first line has most of; and the table, with nothing in that line."""
    if said := re.match(r"sep=(.)[ \t]*(?=[\r\n])", text, re.IGNORECASE):
        return said[1], text[said.end() :]
    first = text.lstrip().partition("\n")[0]
    return max(delimiters, key=first.count), text


def _text(file: Path, encoding: str | None) -> str:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise _not_read(file, f"cannot be read: {error.strerror}") from None
    if data.startswith(WORKBOOKS):
        raise _not_read(file, 'is a workbook and no CSV: save it as "CSV UTF-8"')
    if encoding is None:
        encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding, errors="surrogateescape")
    except LookupError:
        raise Problem("BadCommand", f"{encoding!r} is no encoding; cp1252 is one, and utf-8") from None
    except UnicodeError:
        raise _not_read(file, f"is not in {encoding}") from None
    if "\0" in text:
        raise _not_read(file, 'is no text: save it as "CSV UTF-8"')
    return text


def _names(file: Path, header: Sequence[str], columns: Sequence[str]) -> list[str | None]:
    """Which of the columns each cell of a line is in; None for those that do not matter."""
    known = {_letters(column): column for column in columns}
    names = [known.get(_letters(cell)) for cell in header]
    for column in columns:
        if names.count(column) > 1:
            raise _not_read(file, f"has column {column} twice")
    if not any(names):
        shown = ", ".join(repr(cell) for cell in header)[:200]
        raise _not_read(file, f"has none of the columns {', '.join(columns)}: its first line is {shown}")
    return names


def _letters(name: str) -> str:
    return re.sub("[^a-z]", "", name.casefold()).replace("traveller", "traveler")


def _line(number: int, line: str, delimiter: str, names: Sequence[str | None]) -> Line:
    try:
        cells = _cells(line, delimiter)
    except csv.Error:
        return Line(number, {}, "its quotation marks do not match")
    if len(cells) == 1 < len(names) and any(other in line for other in DELIMITERS):
        return Line(number, {}, f"it is not delimited by {delimiter!r}, as the first line is")
    there = {name: cell for name, cell in zip(names, cells, strict=False) if name and cell.casefold() not in NOTHING}
    if any(cells[len(names) :]):
        return Line(number, there, f"it has {len(cells)} cells, and the first line has {len(names)}")
    return Line(number, there)


def _cells(line: str, delimiter: str) -> list[str]:
    (cells,) = csv.reader([line], delimiter=delimiter, strict=True)
    return list(map(_cleaned, cells))


def _cleaned(cell: str) -> str:
    """What is in a cell, without what is there to be seen, or to be kept as text."""
    cell = cell.strip().strip(BLANKS).strip()
    if as_text := AS_TEXT.fullmatch(cell):
        cell = as_text[1].strip()
    return cell.removeprefix("'")


def _not_read(file: Path, why: str) -> Problem:
    return Problem("NotRead", f"{file} {why}")
