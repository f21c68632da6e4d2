"""The forms that the record of sales is written in: JSON Lines (a JSON object a line), and CSV for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final, Literal

from contract.sale_entry import SaleEntry

Form = Literal["csv", "jsonl"]

COLUMNS: Final = list(SaleEntry.model_fields)

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")
"""What a spreadsheet takes for the beginning of a formula, and the mark that keeps it from that."""


def heading(form: Form) -> str:
    """The line that stands above all entries, with its end; empty where there is none."""
    return _csv_line(COLUMNS) if form == "csv" else ""


def line_of(entry: SaleEntry, form: Form) -> str:
    """An entry as one line, with its end. Text that a spreadsheet would carry out has a ' before it there."""
    if form == "jsonl":
        return f"{entry.model_dump_json()}\n"
    return _csv_line([_cell(value) for value in entry.model_dump(mode="json").values()])


def entries_in(lines: Iterable[str], form: Form) -> Iterator[SaleEntry]:
    """The entries that such lines hold. Raises ValueError for the first that is none."""
    if form == "jsonl":
        yield from (SaleEntry.model_validate_json(line) for line in lines)
        return
    rows = csv.reader(lines, strict=True)
    if next(rows, COLUMNS) != COLUMNS:
        raise ValueError("the heading is another one")
    for row in rows:
        fields = {name: _value(cell) for name, cell in zip(COLUMNS, row, strict=True)}
        yield SaleEntry.model_validate(fields)


def _csv_line(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _cell(value: str | None) -> str:
    if value is None:
        return ""
    return f"'{value}" if value.startswith(FORMULA) else value


def _value(cell: str) -> str | None:
    return (cell.removeprefix("'") if cell.startswith("'") else cell) or None
