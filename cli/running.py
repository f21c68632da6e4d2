"""Running what a command does at a server, until it is done or interrupted."""

import asyncio
from collections.abc import Coroutine

from cli.problem import Problem


def run(command: Coroutine[None, None, None]) -> None:
    """Raises a Problem, ``Interrupted``, for Ctrl-C, and what the command raises."""
    try:
        asyncio.run(command)
    except KeyboardInterrupt:
        raise Problem("Interrupted", "Interrupted") from None
