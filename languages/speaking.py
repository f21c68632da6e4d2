"""Which language is spoken, to whoever is answered right now, and what is said in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from languages.catalog import translations
from languages.language import ENGLISH, Language
from languages.text import Text


@dataclass(frozen=True)
class Spoken:
    """How somebody is spoken to: in which language, and with the times of which zone, if that is known."""

    language: Language
    zone: ZoneInfo | None = None


_USUAL: Final = Spoken(ENGLISH)
_spoken: ContextVar[Spoken] = ContextVar("spoken", default=_USUAL)


def spoken() -> Spoken:
    """How whoever is answered right now is spoken to. English and UTC, where nobody said."""
    return _spoken.get()


def speak(language: Language, zone: ZoneInfo | None = None) -> None:
    """From here on, in this task."""
    _spoken.set(Spoken(language, zone))


@contextmanager
def speaking(language: Language, zone: ZoneInfo | None = None) -> Iterator[None]:
    """For as long as the block lasts."""
    before = _spoken.set(Spoken(language, zone))
    try:
        yield
    finally:
        _spoken.reset(before)


def gettext(text: str) -> str:
    """A text in the language that is spoken, as it stands in the catalog: what templates call."""
    return translations(spoken().language.code).gettext(text)


def ngettext(one: str, many: str, number: int) -> str:
    """The same for a text that depends on a number."""
    return translations(spoken().language.code).ngettext(one, many, number)


def say(text: Text, **values: object) -> str:
    """A text in the language that is spoken, with these values in it."""
    return gettext(text) % values


def joined(*sentences: str) -> str:
    """Sentences, one behind the other, without those that are empty."""
    blank = "" if spoken().language.code == "ja" else " "
    return blank.join(sentence for sentence in sentences if sentence)


def plain_text(text: str) -> str:
    """Plain text of which every line that is no address runs as the language does, also if it begins with a name in
    Latin letters: where there is no markup, a line goes by its first letter."""
    if spoken().language.direction == "ltr":
        return text
    lines = text.split("\n")
    return "\n".join(f"\u200f{line}" if line and not line.startswith("https://") else line for line in lines)


def isolated(name: str) -> str:
    """A name within a sentence: in a language that is written from right to left, it keeps its own order in itself."""
    return f"\u2068{name}\u2069" if spoken().language.direction == "rtl" else name
