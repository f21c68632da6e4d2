"""Where a command's answer goes: to people at a terminal, or as one JSON document to a script."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Final, cast, get_args

from pydantic import BaseModel
from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.status import Status
from rich.text import Text

from cli.output import Output, can_show
from contract.failure import FailureType
from delivery.qr import qr_terminal, qr_text
from seller.errors import SellerError

FAILURE_TYPES: Final = get_args(FailureType)

WIDTH_IN_A_FILE: Final = 120
"""Columns where there is no terminal to ask: enough for a table whose ids are not broken."""

WIDTH_UNKNOWN: Final = 80
"""Columns of a terminal that does not say."""


CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""What moves the cursor, or turns what is written around."""


def harmless(text: str) -> str:
    """Text as it may go to a terminal, whoever wrote it: an id of somebody's run may have anything in it."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


class _PlainConsole(Console):
    """Writes no control characters but its own."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else harmless(text), style, control)


class Doing:
    """What a command is doing right now, for whoever watches."""

    def __init__(self, console: Console, status: Status) -> None:
        self._console = console
        self._status = status
        self._said = ""

    def say(self, sentence: str) -> None:
        """What is being done: beside the spinner, or on a line of its own where there is no terminal."""
        if sentence != self._said and not self._console.is_terminal:
            self._console.print(Text(f"… {sentence}", style="dim"))
        self._said = sentence
        self._status.update(Text(sentence))

    def done(self, what: str) -> None:
        """What has been done, on a line that stays."""
        self._console.print(Text.assemble(("✓ ", "green"), what))


class Screen:
    """Standard output; silent but for one document where that is to be JSON."""

    def __init__(self, as_json: bool = False) -> None:
        self._as_json = as_json
        self._output = cast("IO[str]", Output())
        self._console = _PlainConsole(
            file=self._output,
            quiet=as_json,
            markup=False,
            emoji=False,
            highlight=False,
            width=None if sys.stdout.isatty() else WIDTH_IN_A_FILE,
        )
        if self._console.width < 1:  # as COLUMNS=0 has it
            self._console.width = WIDTH_UNKNOWN

    @property
    def is_document(self) -> bool:
        """Whether scripts get one document, and people nothing."""
        return self._as_json

    @property
    def is_terminal(self) -> bool:
        """Whether somebody watches, so that what was said can be said anew in its place."""
        return self._console.is_terminal

    def show(self, *parts: RenderableType) -> None:
        """Shows something to people."""
        for part in parts:
            self._console.print(part, soft_wrap=isinstance(part, str))

    def write(self, lines: str) -> None:
        """Gives people and scripts lines as they are; nothing where scripts get a document."""
        if not self._as_json:
            self._output.write(harmless(lines))

    def qr(self, activation_code: str) -> None:
        """Shows a QR code to people: at a terminal in the colours that it needs there, in a file without. Where it
        cannot be shown so that it scans, what it says."""
        if self._as_json:
            return
        plain = qr_text(activation_code)
        if not self._can_show(plain):
            self.show(f"No QR code can be shown here. What it says: {activation_code}")
            return
        self._output.write(f"\n{qr_terminal(activation_code) if self._console.is_terminal else plain}\n\n")

    def _can_show(self, qr: str) -> bool:
        if not can_show(qr):
            return False
        if not self._console.is_terminal:
            return True
        return not self._console.is_dumb_terminal and self._console.width >= len(qr.split("\n")[0])

    @contextmanager
    def doing(self) -> Iterator[Doing]:
        """Shows people what is being done, for as long as the block lasts."""
        with self._console.status("") as status:
            yield Doing(self._console, status)

    @contextmanager
    def counting(self) -> Iterator[Progress]:
        """Shows people how far something has come that is done many times, for as long as the block lasts."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=self._console) as progress:
            yield progress

    def answer(self, document: BaseModel) -> None:
        """Gives scripts the answer."""
        if self._as_json:
            self._write(document.model_dump(mode="json"))

    def refuse(self, problem: SellerError) -> None:
        """Says why there is no answer: people on standard error, scripts in the one document that they read."""
        if self._as_json:
            self._write({"error": {"type": problem.type, "message": problem.message}})
        else:
            kind = f"{problem.type}: " if problem.type in FAILURE_TYPES else ""
            with suppress(OSError):  # there is nowhere left to say so
                sys.stderr.write(f"{kind}{harmless(problem.message)}\n")

    def _write(self, document: dict[str, object]) -> None:
        self._output.write(f"{json.dumps(document, indent=2)}\n")
        self._output.flush()
