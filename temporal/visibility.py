"""Words of the query language of visibility."""


def quoted(text: str) -> str:
    """Any text as a value to compare with."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
