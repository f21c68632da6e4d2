"""A seller's list of purchases that were paid for, from a file."""

import csv
import io
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from cli.problem import Problem
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
    head = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(DELIMITERS, key=head.count))
    try:
        columns = [name.strip() for name in rows.fieldnames or []]
        if "purchase_id" not in columns:
            raise Problem(INVALID_REQUEST, f"{path}: the first line has to name the columns, one of them purchase_id")
        rows.fieldnames = columns
        return [_purchase(path, rows.line_num, row) for row in rows]
    except csv.Error as error:
        raise Problem("NotRead", f"{path} is no CSV: line {rows.line_num}: {error}") from None


def _purchase(path: Path, line: int, row: dict[str, str | None]) -> PaidPurchase:
    told = {name: value.strip() for name, value in row.items() if name in PaidPurchase.model_fields and value}
    try:
        return PaidPurchase.model_validate({name: value for name, value in told.items() if value})
    except ValidationError as error:
        raise Problem(INVALID_REQUEST, f"{path}, line {line}: {malformed(error).message}") from None
