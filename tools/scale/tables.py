"""Tables of a page, in Markdown."""

from collections.abc import Iterable, Sequence


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """One table."""
    return "\n".join(map(cells, (headings, ["---"] * len(headings), *rows)))


def cells(row: Sequence[str]) -> str:
    """One line of it."""
    return f"| {' | '.join(row)} |"
