"""Asking again for what only reads: a GET that timed out may simply be sent again (documentation)."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from sft.errors import Unanswered

Got = TypeVar("Got")

TIMES: Final = 2
"""How often a GET that is not answered is sent again."""


async def asked_again(ask: Callable[[], Awaitable[Got]]) -> Got:
    """What SFT answers at last; raises an SftError if it does not."""
    for _ in range(TIMES):
        try:
            return await ask()
        except Unanswered:
            continue
    return await ask()
