"""What a page of the documentation holds: its fenced blocks, its tables, its headings."""

import re
from pathlib import Path


def blocks(page: Path, language: str) -> list[tuple[str, str]]:
    """The fenced blocks of a language, each with what stands behind the language."""
    return re.findall(rf"^```{language} ?(.*)\n((?:.*\n)*?)```$", page.read_text(), re.MULTILINE)


def table(page: Path, first_heading: str) -> dict[str, list[str]]:
    """The rows below the header of a table, by what stands in backquotes at the beginning of each."""
    text = page.read_text()
    rows = re.search(rf"^\| {re.escape(first_heading)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert rows, f"{page.name} has no table that begins with {first_heading}"
    cells = [[cell.strip() for cell in row[1:-1].split("|")] for row in rows[1].splitlines()]
    return {re.findall(r"`([^`]+)`", first)[0]: [first, *others] for first, *others in cells}


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def anchors(page: Path) -> set[str]:
    """The headings of a page, as GitHub makes link targets of them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
