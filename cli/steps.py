"""A first purchase, step by step, in the words of the guide."""

from typing import Final

from cli.screen import Doing
from contract.progress import Progress, Step

TITLES: Final = ("Find an available eSIM", "Activate it", "Provision the add-on", "Deliver")

BEFORE: Final[dict[Step, int]] = {
    "finding_esim": 0,
    "waiting_for_stock": 0,
    "activating": 1,
    "provisioning_addon": 2,
    "needs_attention": 2,
    "delivering": 3,
    "completed": 4,
}
"""How many of the steps have been taken when a purchase is at this one."""


class Steps:
    """Ticks the steps off as they are taken, also those that were too quick to be seen."""

    def __init__(self, doing: Doing) -> None:
        self._doing = doing
        self._taken = 0

    def show(self, progress: Progress) -> None:
        """What is being done, and the steps that have been taken since the last look."""
        self._tick(BEFORE.get(progress.step, 0))
        self._doing.say(progress.detail)

    def finish(self) -> None:
        """All of them have been taken."""
        self._tick(len(TITLES))

    def _tick(self, taken: int) -> None:
        for title in TITLES[self._taken : taken]:
            self._doing.done(title)
        self._taken = max(self._taken, taken)
