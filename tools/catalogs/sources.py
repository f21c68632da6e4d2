"""All that is marked for the catalogs, in Python and in templates."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract

ROOT: Final = Path(__file__).parents[2]

ROOMS: Final = ("delivery", "languages", "portal")
"""Where there is something that travelers read."""

IN_TEMPLATES: Final = {"_": None, "gettext": None, "ngettext": (1, 2)}
HOW_TO_READ_TEMPLATES: Final = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}


def templates() -> list[Path]:
    """The pages of travelers: those of operators are English."""
    return sorted((ROOT / "portal" / "templates").glob("*.html"))


def texts() -> Catalog:
    """Every text, with the files that it is in. A file that cannot be read raises what babel and jinja2 raise."""
    found = Catalog(project="what travelers read", fuzzy=False)
    for path, message in _messages():
        found.add(message, locations=[(str(path.relative_to(ROOT)), 0)])
    return found


def strings(message: Message) -> list[str]:
    """What a message is in the language of its catalog: one text, or one for each kind of number."""
    written = message.string or ""
    return [written] if isinstance(written, str) else list(written)


def _messages() -> Iterator[tuple[Path, Any]]:
    for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        with path.open("rb") as file:
            for _, message, _, _ in extract("python", file, {"marked": None}):
                yield path, message
    for path in templates():
        with path.open("rb") as file:
            for _, message, _, _ in extract("jinja2", file, IN_TEMPLATES, options=HOW_TO_READ_TEMPLATES):
                yield path, message
