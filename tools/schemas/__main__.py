"""Writes the JSON Schemas of the contract into docs/schemas/, from the messages: ``python -m tools.schemas``."""

import json
import sys
from pathlib import Path
from typing import Final

from contract.schemas import documents

FOLDER: Final = Path(__file__).parents[2] / "docs" / "schemas"


def written() -> dict[str, str]:
    """What each file holds, by its path below the folder."""
    return {path: json.dumps(document, indent=1, ensure_ascii=False) + "\n" for path, document in documents().items()}


def main() -> None:
    """Files of messages that there are no more are removed."""
    files = written()
    for old in FOLDER.rglob("*.json"):
        if str(old.relative_to(FOLDER)) not in files:
            old.unlink()
    for path, text in files.items():
        (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / path).write_text(text)
    sys.stdout.write(f"{len(files)} documents in {FOLDER}\n")


if __name__ == "__main__":
    main()
