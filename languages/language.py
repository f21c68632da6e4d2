"""The languages that travelers are spoken to in, and which of them somebody wants."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from babel import Locale, UnknownLocaleError

from contract.wanted_speech import LANGUAGE_TAG

CODES: Final = ("en", "de", "fr", "es", "pt", "ja", "ar")
"""English first: the texts are written in it, and who wants another language than these gets it."""

USUAL: Final = {"en": "en_GB"}
"""How amounts and dates are written where a tag names no country, and not as CLDR has it: English that may be
anybody's has the day before the month, and 24 hours."""

LONGEST_HEADER: Final = 500
"""Characters of an Accept-Language that are looked at."""


@dataclass(frozen=True)
class Language:
    """One of these languages, as it is written in one country."""

    code: str
    """That of its catalog, and of HTML (BCP 47)."""
    locale: Locale

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """Which way it is written, in the words of HTML."""
        return "rtl" if self.locale.text_direction == "rtl" else "ltr"

    @property
    def name(self) -> str:
        """What it is called by who speaks it."""
        name = Locale(self.code).get_display_name() or self.code
        return name[0].upper() + name[1:]


def _language(code: str) -> Language:
    return Language(code, Locale.parse(USUAL.get(code, code)))


LANGUAGES: Final = {code: _language(code) for code in CODES}
ENGLISH: Final = LANGUAGES["en"]


def known_language(tag: str) -> Language | None:
    """The language of a tag such as ``de``, ``pt-BR`` or ``en_US``; None for another than these, or what is no tag."""
    if not re.fullmatch(LANGUAGE_TAG, tag):
        return None
    return _known(tag.replace("_", "-").lower())


def language_of(tag: str | None) -> Language:
    """The same, but English where there is none."""
    return known_language(tag or "") or ENGLISH


@lru_cache(maxsize=500)
def _known(tag: str) -> Language | None:
    code, *more = tag.split("-")
    usual = LANGUAGES.get(code)
    if usual is None or not more:
        return usual
    while more:
        try:
            return Language(code, Locale.parse("-".join([code, *more]), sep="-"))
        except (UnknownLocaleError, ValueError):  # a country that CLDR does not know, or what is no part of a country
            more.pop()
    return usual


def accepted_language(header: str) -> Language:
    """The first of these that an Accept-Language header asks for, by its weights; English if there is none."""
    wanted: list[tuple[float, str]] = []
    for part in header[:LONGEST_HEADER].split(","):
        tag, _, weight = (word.strip() for word in part.partition(";"))
        wanted.append((_weight(weight), tag))
    wanted.sort(key=lambda one: -one[0])  # which leaves those of the same weight in their order
    found = (known_language(tag) for weight, tag in wanted if weight > 0)
    return next((language for language in found if language), ENGLISH)


def _weight(written: str) -> float:
    if not written:
        return 1.0
    # More digits than three, and none before the full stop, are against the rules, and plain enough.
    given = re.match(r"q\s*=\s*((?:0|1)?(?:\.[0-9]{0,20})?)\s*(?:;|$)", written, re.IGNORECASE)
    return float(f"0{given[1]}") if given and given[1] else 0.0
