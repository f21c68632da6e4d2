"""A run that an operator reset, which the server has begin anew in the middle of its history.

What the run before did after that point it does not know: it would do all of that once more. So from the reset on its
code is held where it next would do anything, and what the workflow has as ``after_reset`` is done instead. That a run
was reset stands in its history, and shows in workflow code by the new random seed that the server gives it.
"""

import asyncio
from collections.abc import Awaitable, Coroutine
from contextvars import ContextVar
from typing import Any, Final, Protocol

from temporalio import workflow

_IS_AFTERWARDS: Final = ContextVar("is_afterwards", default=False)
"""Whether this is what ``after_reset`` does: nothing holds that."""


class Reset:
    """Whether a run was reset. To be made before the run's code begins."""

    def __init__(self) -> None:
        self.happened = False
        workflow.register_random_seed_callback(self._note)

    def _note(self, _seed: int) -> None:
        self.happened = True


class OutlivesReset(Protocol):
    """A workflow that can be reset without harm."""

    reset: Reset

    def after_reset(self) -> Awaitable[Any]:
        """What is done in the place of everything else; its result is the run's."""


async def unless_reset(code: Coroutine[Any, Any, Any]) -> Any:
    """Carries out the code of a run. Once the run was reset, ``after_reset`` alone counts."""
    run: OutlivesReset = workflow.instance()
    reset: Reset | None = getattr(run, "reset", None)
    if reset is None:  # one that does no harm if it does all once more
        return await code
    task = asyncio.create_task(code)
    while not (reset.happened or task.done()):
        try:
            await workflow.wait_condition(lambda: reset.happened or task.done())
        except asyncio.CancelledError:
            task.cancel()
    if not reset.happened:
        return task.result()
    _IS_AFTERWARDS.set(True)
    return await run.after_reset()


async def hold_if_reset() -> None:
    """Returns at once, or never in a run that was reset. Comes before whatever changes anything."""
    reset: Reset | None = getattr(workflow.instance(), "reset", None)
    if reset is not None and reset.happened and not _IS_AFTERWARDS.get():
        await workflow.wait_condition(lambda: False)
