"""One HTTP exchange with SFT as it went over the wire, for whoever keeps a record of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was sent and what came back, with every secret in it but for the access token, which is not kept.

    ``status`` and ``answer`` are None and empty where no answer came; ``failure`` is then the name of the error.
    """

    call: str
    method: str
    query: Mapping[str, str | int]
    body: JsonValue = field(repr=False)
    seconds: float
    status: int | None = None
    answer: str = field(default="", repr=False)
    retry_after: float | None = None
    failure: str | None = None


class Recorder(Protocol):
    """Called once for every exchange, when it is over."""

    def __call__(self, exchange: Exchange) -> None: ...


def unrecorded(exchange: Exchange) -> None:
    """The recorder of a client whose exchanges nobody keeps: does nothing."""
