"""The catalogs: gettext's, one for each language but English, in which the texts are written.

They are read from the text form (``.po``), which is in the repository, by babel and when first needed: so nothing has
to be compiled before a program can be installed or started, and no compiled form can be older than its text. It takes
some hundredths of a second for each language, once.
"""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGS: Final = Path(__file__).parent / "catalogs"


def read_catalog(code: str) -> Catalog:
    """The catalog of a language, as translators see it."""
    with (CATALOGS / f"{code}.po").open("rb") as file:
        return read_po(file, locale=code, abort_invalid=True)


@cache
def translations(code: str) -> NullTranslations:
    """What translates into a language. What a catalog lacks stays English."""
    if code == "en":
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read_catalog(code))
    compiled.seek(0)
    return GNUTranslations(compiled)
