"""Adds to every catalog what is new, untranslated, takes out what is gone, and says what is to be done."""

from babel.messages.pofile import write_po

from languages.catalog import CATALOGS, read_catalog
from languages.language import CODES
from tools.catalogs.sources import strings, texts

WIDTH = 120


def main() -> None:
    """All of them."""
    written = texts()
    for code in CODES[1:]:
        catalog = read_catalog(code)
        written.creation_date = catalog.creation_date  # else every catalog is another one each time
        catalog.update(written, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        with (CATALOGS / f"{code}.po").open("wb") as file:
            write_po(file, catalog, width=WIDTH, include_lineno=False)
        missing = [message for message in catalog if message.id and not all(strings(message))]
        print(f"{code}: {len(catalog)} texts, {len(missing)} to be translated")  # noqa: T201


if __name__ == "__main__":
    main()
