"""The file with what an order for many could not be carried out for, which ``--file`` takes again."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cli.problem import Problem
from cli.screen import harmless
from seller.bulk import BulkFailure

COLUMNS: Final = ("line", "endpoint_id", "traveler_id", "purchase_id", "product", "type", "reason")

FORMULA: Final = ("=", "+", "-", "@")
"""What a spreadsheet would carry out, were it the beginning of a cell."""


def refuse_unless_new(file: Path) -> None:
    """Raises a Problem, ``NotWritten``, if such a file cannot be made: before anything is done that it is for."""
    os.close(_opened(file))
    file.unlink()


def write_failures(file: Path, failed: Sequence[BulkFailure]) -> None:
    """Writes them, readable by their owner only; raises a Problem, ``NotWritten``, if that cannot be done."""
    with os.fdopen(_opened(file), "w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(COLUMNS)
        writer.writerows([_cell(getattr(one, name)) for name in COLUMNS] for one in failed)


def _opened(file: Path) -> int:
    try:
        return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Problem("NotWritten", f"{file} is there already: name a new file for what fails") from None
    except OSError as error:
        raise Problem("NotWritten", f"{file} cannot be written: {error.strerror}") from None


def _cell(value: object) -> str:
    text = "" if value is None else harmless(str(value)).replace("\n", " ")
    return f"'{text}" if text.startswith(FORMULA) else text
