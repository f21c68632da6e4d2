"""Asking somebody before something is done that cannot be taken back."""

import sys

from cli.problem import Problem
from cli.screen import harmless
from contract.failure import INVALID_REQUEST


def confirm(question: str, doing: str, done: str, why: str = "is for good") -> None:
    """Goes on only if somebody says yes; raises a Problem that says that nothing was ``done`` otherwise.

    ``why`` ends the sentence that begins with ``doing``: why somebody has to be asked.
    """
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        raise Problem(INVALID_REQUEST, f"{doing} {why}: where nobody can be asked, it takes --yes")
    sys.stderr.write(f"{harmless(question)} [y/N] ")
    sys.stderr.flush()
    try:
        answer = sys.stdin.readline()
    except KeyboardInterrupt:
        raise Problem("Interrupted", f"Interrupted: nothing was {done}") from None
    if answer.strip().lower() not in ("y", "yes"):
        raise Problem("NotConfirmed", f"Nothing was {done}")
