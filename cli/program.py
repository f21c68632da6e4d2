"""Runs one command line from beginning to end: whatever goes wrong becomes one sentence and an exit code."""

import os
import traceback
from collections.abc import Sequence
from contextlib import suppress

from typer import Typer
from typer.main import get_command

from cli.commands import app
from cli.connection import keep_quiet
from cli.exit_codes import READER_GONE, UNEXPECTED, exit_code_of
from cli.output import ReaderGone, keep_streams_usable
from cli.problem import Problem, problem_of
from cli.screen import Screen


def run(arguments: Sequence[str], commands: Typer = app, name: str = "starter.py") -> int:
    """The exit code: 0, 1 (it may work later), 2 (it cannot work as it stands), 70 (our mistake), 130 (Ctrl-C), 141
    (whoever read the output has gone)."""
    keep_streams_usable()
    screen = Screen(as_json="--json" in arguments)  # looked for here, because the arguments may be what is wrong
    keep_quiet()
    try:
        _refuse_other_encodings(arguments)
        code = get_command(commands).main(list(arguments), prog_name=name, standalone_mode=False, obj=screen)
    except ReaderGone:
        return READER_GONE
    except Exception as error:
        problem = problem_of(error)
        code = exit_code_of(problem)
        if code == UNEXPECTED and ("--debug" in arguments or os.environ.get("ESIM_DEBUG")):
            traceback.print_exc()
        with suppress(ReaderGone, Problem):  # there is nowhere left to say so
            screen.refuse(problem)
        return code
    return code if isinstance(code, int) else 0


def _refuse_other_encodings(arguments: Sequence[str]) -> None:
    """Raises a Problem for an argument that is no text: Python makes lone surrogates of it, which cannot be sent."""
    for number, argument in enumerate(arguments, 1):
        is_text = not any("\ud800" <= letter <= "\udfff" for letter in argument)
        if not is_text and not os.path.lexists(argument):  # files may be named in any encoding
            shown = ascii(argument)[:40]
            raise Problem("BadCommand", f"Argument {number} ({shown}) is not in UTF-8: does the terminal write that?")
