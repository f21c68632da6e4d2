"""Which text people may be shown: names in every language, and nothing that moves, hides or turns what is around it.
And what files have that people write, on whatever system.
"""

import codecs
import re
import unicodedata
from typing import Final

CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
BREAKS: Final = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
"""All that Python, browsers, mail or terminals take for the end of a line."""

TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates: what follows them is shown in another order than it is written in. The marks
that only say which way a name goes (U+200E, U+200F, U+061C) turn nothing else."""

GROUPING: Final = re.compile("[\\s()/\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")

NO_CHARACTER: Final = re.compile("[\ud800-\udfff\ufdd0-\ufdef]")
BLANK_LETTERS: Final = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and a symbol to Unicode, that show nothing."""

CURLY: Final = "\u2019"
"""The apostrophe of print, which keyboards lack."""

UNSOUGHT: Final = ("Mn", "Me", "Cf")
"""What nobody types who looks for a name: accents, marks on letters, and what joins or turns them unseen."""


def printable(text: str) -> str:
    """The text, if it can be shown in one line, and shows something. Raises ValueError, which says why it cannot."""
    if fault := fault_of(text):
        raise ValueError(fault)
    return text


def fault_of(text: str) -> str | None:
    """Why a text cannot be shown in one line; None if it can.

    Blanks of any kind, joiners (U+200C, U+200D), soft hyphens, marks of direction, the tags of flags and what a newer
    Unicode than Python's has are all part of names.
    """
    for character in text:
        code = f"U+{ord(character):04X}"
        if character in BREAKS:
            return f"must not have a line break ({code}) in it"
        if CONTROL.match(character):
            return f"must not have a control character ({code}) in it"
        if TURNING.match(character):
            return f"must not have a character ({code}) in it that turns what follows around"
        if NO_CHARACTER.match(character) or ord(character) & 0xFFFE == 0xFFFE:
            return f"must not have {code} in it, which is no character"
    if text and not any(map(_shows, text)):
        return "must have something in it that can be seen, not blanks alone"
    return None


def _shows(character: str) -> bool:
    # Letters, digits, punctuation, symbols, and what Python's Unicode does not know yet: no mark shows by itself.
    category = unicodedata.category(character)
    return (category[0] in "LNPS" or category in ("Cn", "Co")) and character not in BLANK_LETTERS


def ungrouped(number: str) -> str:
    """A number or an id as it was copied, without the blanks and brackets that group it, and without what nobody can
    see: a phone copies the marks along that keep a number from being turned around."""
    return GROUPING.sub("", number)


def look(name: str) -> str:
    """What two names have in common that nobody could tell apart: however letters with accents are composed, and
    whichever blanks there are around it and in it."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def folded(text: str) -> str:
    """A text as it is looked for: whichever its capitals, accents, blanks and joiners are, however it is composed."""
    shown = (letter for letter in unicodedata.normalize("NFKD", text) if unicodedata.category(letter) not in UNSOUGHT)
    return " ".join("".join(shown).replace(CURLY, "'").casefold().split())


def text_of(data: bytes) -> str:
    """What a text file says, in UTF-8 or UTF-16, without the byte order mark that editors and spreadsheets put first.

    Raises ValueError, which says what it is instead, without quoting any of it.
    """
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if is_wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        name = "UTF-16" if is_wide else "UTF-8"
        raise ValueError(f"it is not text in {name} (byte {error.start + 1}): save it as UTF-8") from None
    if "\0" in text:
        raise ValueError("it is not text in UTF-8: save it as UTF-8")
    return text.removeprefix("\ufeff")
