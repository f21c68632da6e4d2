"""A seller's list of purchases that were paid for, from a file."""

import csv
import io
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from cli.problem import Problem
from cli.sheet import delimiter_of
from contract.failure import INVALID_REQUEST
from contract.text import text_of
from seller.errors import malformed
from seller.paid import PaidPurchase

DELIMITERS: Final = ",;\t"


def read_paid(path: Path) -> list[PaidPurchase]:
    """The purchases in a CSV file with a column ``purchase_id``, and ``endpoint_id``, ``product`` and ``traveler_id``
    where they are known; other columns are passed over. A comma, a semicolon or a tab may be between them.

    Raises a Problem: ``NotRead`` if there is no such file; ``InvalidRequest`` for the first line that is no purchase.
    """
    try:
        text = text_of(path.read_bytes())
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise Problem("NotRead", f"{path} cannot be read: {why}") from None
    delimiter, text = delimiter_of(text, DELIMITERS)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = (row for row in reader if any(map(str.strip, row)))
    try:
        columns = [_name(cell) for cell in next(rows, [])]
        if "purchase_id" not in columns:
            raise Problem(INVALID_REQUEST, f"{path}: the first line has to name the columns, one of them purchase_id")
        return [_purchase(path, reader.line_num, dict(zip(columns, row, strict=False))) for row in rows]
    except csv.Error as error:
        raise Problem("NotRead", f"{path} is no CSV: line {reader.line_num}: {error}") from None


def _name(cell: str) -> str:
    """A column's, however a spreadsheet or somebody writes it."""
    return cell.strip().lower().replace(" ", "_")


def _purchase(path: Path, line: int, row: dict[str, str]) -> PaidPurchase:
    told = {name: value.strip() for name, value in row.items() if name in PaidPurchase.model_fields}
    try:
        return PaidPurchase.model_validate({name: value for name, value in told.items() if value})
    except ValidationError as error:
        raise Problem(INVALID_REQUEST, f"{path}, line {line}: {malformed(error).message}") from None
