"""The values of environment variables, as files, mounted secrets and scripts put them there."""

import re

from contract.mail_address import AROUND

BREAK_AT_END = re.compile(r"[ \t]*[\r\n]\s*\Z")
INSIDE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
"""Of one line there is none, but a tab."""

QUOTES = "\"'`"


def cleaned(value: str, *, is_secret: bool = False) -> str:
    """A value without the line break that a file has at its end and the byte order mark that it may begin with, and
    without blanks around it and what nobody sees: of a secret, these may be part of it."""
    value = BREAK_AT_END.sub("", value.removeprefix("\ufeff"))
    return value if is_secret else value.strip().strip(AROUND).strip()


def quotes_around(value: str) -> str | None:
    """Why a value is not taken that has quotation marks around it; None if it has none.

    A shell takes them off; ``docker run --env-file`` and an ``env:`` of Kubernetes leave them, where they would be part
    of a password, or of the name of a task queue that nobody else has.
    """
    if len(value) > 1 and value[0] == value[-1] and value[0] in QUOTES:
        return "has quotation marks around it, which would be part of it: take them off"
    return None


def fault_of(value: str) -> str | None:
    """Why a value cannot be meant, which is not quoted; None if it can."""
    if found := INSIDE.search(value):
        what = "a line break" if found[0] in "\n\r\v\f\x85\u2028\u2029" else "a control character"
        return f"has {what} in it, behind {found.start()} characters: one line is meant"
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        return "is not in UTF-8"
    return None
