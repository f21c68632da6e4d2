"""What travelers read is in every catalog, and says the same there with the same values in it."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final

import pytest
from babel.messages.catalog import Message
from jinja2 import Environment

from languages.catalog import read_catalog
from languages.language import CODES
from tools.catalogs.sources import strings, templates, texts

PLACEHOLDER: Final = re.compile(r"%(?:\((\w+)\)s|%|(.))")
MARKUP: Final = re.compile(r"<[^>]+>")

NAMES: Final = {"eSIM", "ICCID"}
"""What is called so in all languages, and may stand in a template as it is."""

FOR_PEOPLE: Final = {"alt", "aria-label", "placeholder", "title"}

WRITTEN: Final = texts()
CATALOGS: Final = {code: read_catalog(code) for code in CODES[1:]}


def ids(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def values(text: str) -> list[str]:
    """What stands in a text for values; a single percent sign is one that nobody meant."""
    return sorted(found[1] or f"%{found[2]}" for found in PLACEHOLDER.finditer(text) if found[0] != "%%")


@pytest.mark.parametrize("code", CODES[1:])
def test_every_text_is_in_every_catalog_and_no_other(code: str) -> None:
    catalog = CATALOGS[code]
    written, known = ({ids(message) for message in one if message.id} for one in (WRITTEN, catalog))
    assert written - known == set(), "run make catalogs, and translate these"
    assert known - written == set(), "run make catalogs"
    assert [message.id for message in catalog if message.fuzzy] == []
    assert catalog.obsolete == {}
    for message in catalog:
        if message.id:
            assert len(strings(message)) == (1 if isinstance(message.id, str) else catalog.num_plurals), message.id
            assert all(string.strip() for string in strings(message)), f"{message.id} has no translation"
            assert strings(message) != [message.id] or len(re.findall("[a-z]{2,}", ids(message)[0])) < 2, message.id


@pytest.mark.parametrize("code", CODES[1:])
def test_a_translation_has_the_values_and_the_markup_of_its_text(code: str) -> None:
    for message in CATALOGS[code]:
        for string in strings(message) if message.id else []:
            assert values(string) == values(ids(message)[0]), string
            assert MARKUP.findall(string) == MARKUP.findall(ids(message)[0]), string
            assert "  " not in string, string


class Shown(HTMLParser):
    """What people read of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.words += [value or "" for name, value in attrs if name in FOR_PEOPLE]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def unmarked(source: str) -> Iterator[str]:
    """What a template says to people without asking a catalog: between tags, and as a text in an expression."""
    html, block, before = "", [""], ["", ""]
    is_translated = False
    for _, kind, value in Environment(trim_blocks=True, lstrip_blocks=True).lex(source):
        match kind:
            case "block_begin" | "variable_begin":
                block = []
            case "block_end":
                is_translated = block[0] == "trans" or (is_translated and block[0] != "endtrans")
            case "name" | "operator":
                block.append(value)
            case "data" if not is_translated:
                html += value
            case "string":
                if before != ["_", "("] and re.search(r"[A-Za-z,.:] [A-Za-z]|^.[A-Z][a-z]", value):
                    yield value
        if kind != "whitespace":
            before = [before[1], value]
    for words in Shown(html).words:
        yield from (word for word in re.findall(r"[^\W\d_]{2,}", words) if word not in NAMES)


def test_a_template_says_nothing_that_is_in_no_catalog() -> None:
    pages = {path.name: list(unmarked(path.read_text())) for path in templates() if path.name != "reference.html"}
    assert not any(pages.values()), pages


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Your data</p>", ["Your", "data"]),
        ('<a title="Your data" href="/x">{{ _("More") }}</a>', ["Your", "data"]),
        ('{{ "Other data" if same else _("More") }}', ['"Other data"']),
        ("{% trans %}Your data{% endtrans %} {{ count }} left", ["left"]),
    ],
)
def test_a_text_that_was_forgotten_is_found(source: str, found: list[str]) -> None:
    assert list(unmarked(source)) == found
