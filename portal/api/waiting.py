"""How long a call waits for what it asks for, and how it is told where to look for it later."""

from typing import Annotated, Final

from fastapi import Depends, Header, Response

LOOK_AGAIN_SECONDS: Final = 2


def _seconds(prefer: Annotated[str | None, Header(description="`respond-async`: do not wait")] = None) -> float | None:
    wanted = {preference.strip().lower() for preference in (prefer or "").split(",")}
    return 0 if "respond-async" in wanted else None


Patience = Annotated[float | None, Depends(_seconds)]
"""Seconds; None for as long as the shop usually waits."""


def look_again(response: Response, location: str) -> None:
    """Answers 202: it goes on, and this is where to look."""
    response.status_code = 202
    response.headers["Location"] = location
    response.headers["Retry-After"] = str(LOOK_AGAIN_SECONDS)
