"""Whoever waits for the answer to an update: few enough that there is always room for the next.

Temporal lets ten updates be under way in a run, and refuses every other one meanwhile, also an order to resume.
"""

from collections.abc import Callable
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from contract.failure import SFT_UNAVAILABLE

MOST_PURCHASES: Final = 3
"""Purchases that somebody waits for. With one order of each kind, one removal or refund and two refreshes, one place of
the ten stays free for whoever is answered at once."""

MOST_REFRESHES: Final = 2

MOST_REPAYMENTS: Final = 1
"""Removals and refunds together."""

MANY_UPDATES: Final = 1_500
"""Updates after which a run takes no more than it must: Temporal takes 2,000, and then none until the next run."""


class Callers:
    """Those who wait, in lines: one for each purchase, each order, and what is left. The first word is the kind."""

    def __init__(self) -> None:
        self._lines: dict[str, list[object]] = {}
        self._updates = 0

    def count(self) -> None:
        """One more update was accepted by this run."""
        self._updates += 1

    @property
    def are_many(self) -> bool:
        """Whether there were so many updates that the next run has to begin, or orders alone are taken until it can."""
        return self._updates >= MANY_UPDATES

    def refuse_if_many(self) -> None:
        """Raises ApplicationError, ``SftUnavailable``: SFT has kept this run from going on as a new one for long."""
        if self.are_many:
            raise ApplicationError(
                "too much was asked of this eSIM while SFT does not answer; ask again later. Signals are still taken",
                type=SFT_UNAVAILABLE,
                non_retryable=True,
            )

    def has_room(self, line: str, most: int) -> bool:
        """Whether somebody may wait in a line: in one that is there, or if there are fewer than so many of its kind."""
        kind = line.split()[0]
        return line in self._lines or sum(other.split()[0] == kind for other in self._lines) < most

    async def wait(self, line: str, is_over: Callable[[], bool], most: int = 1) -> None:
        """Waits until it is over, or until so many newer callers wait for the same: whoever asked first has most
        likely given up."""
        place, waiting = object(), self._lines.setdefault(line, [])
        waiting.append(place)
        del waiting[:-most]
        await workflow.wait_condition(lambda: is_over() or place not in waiting)
        if place in waiting:
            waiting.remove(place)
            if not waiting:
                del self._lines[line]
