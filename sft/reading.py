"""What the client knows when it reads answers: the time zone of SFT's dates, and what was warned of lately."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Final

logger = logging.getLogger("sft")

QUIET_SECONDS: Final = 3600.0
"""How long nothing more is said about a field that was warned of."""


class Reading:
    """Of one client. ``time_zone`` is that of dates on the wire, ``clock`` counts seconds."""

    def __init__(self, time_zone: tzinfo = UTC, clock: Callable[[], float] = time.monotonic) -> None:
        self.time_zone = time_zone
        self._clock = clock
        self._told: dict[str, float] = {}

    def warn(self, field: str, consequence: str) -> None:
        """Names a field and what follows from it, once an hour.

        ``consequence`` is logged as it is: of what SFT answered, only a word for a state may be in it.
        """
        now = self._clock()
        if now - self._told.get(field, -QUIET_SECONDS) >= QUIET_SECONDS:
            self._told[field] = now
            logger.warning("%s: %s; the next hour nothing more is said about this field", field, consequence)


@dataclass(frozen=True)
class Answering:
    """The context in which one answer is read: that of a call."""

    call: str
    reading: Reading

    def unreadable(self, field: str) -> None:
        """A field of this answer could not be read, and is taken for one that SFT does not tell."""
        self.reading.warn(f"{self.call}: {field}", "cannot be read, and counts as not told")
