"""Countries as the language that is spoken calls them (CLDR)."""

from functools import cache

from babel import Locale
from babel.lists import format_list

from contract.countries import COUNTRIES
from contract.text import folded
from languages.language import LANGUAGES
from languages.speaking import spoken


def country(code: str) -> str:
    """What a country is called; its code, where CLDR does not know it yet."""
    return str(spoken().language.locale.territories.get(code, code))


def in_order(codes: set[str]) -> list[str]:
    """These countries, by what they are called."""
    return sorted(codes, key=lambda code: folded(country(code)))


def countries_like(word: str) -> frozenset[str]:
    """The countries in whose names a ``folded`` word is, in the language that is spoken or in English; or whose code it
    is."""
    names = (_folded_names(spoken().language.code), _folded_names("en"))
    return frozenset(code for code in COUNTRIES if word == code.casefold() or any(word in each[code] for each in names))


def listed(names: list[str]) -> str:
    """Names as a list in a sentence: ``France, Germany and Italy``."""
    return format_list(names, locale=spoken().language.locale) if names else ""


@cache
def _folded_names(code: str) -> dict[str, str]:
    territories = Locale.parse(LANGUAGES[code].code).territories
    return {country: folded(str(territories.get(country, country))) for country in COUNTRIES}
