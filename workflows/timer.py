"""The one timer that a subscription has in an ordinary sale, and what comes after it: usage is watched."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, NoReturn

from temporalio import workflow

from activities.messages import Owner
from workflows.state import SubscriptionState


@asynccontextmanager
async def beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """What goes on for as long as the block lasts."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()


async def keep_looking(
    state: SubscriptionState, look_at_owner: Callable[[Owner], Awaitable[None]], watch: Callable[[], Awaitable[None]]
) -> NoReturn:
    """Looks whether the owner lives whenever ``next_look`` in the state is due, and once it is sold, watches its usage
    whenever there is something to look at; until it is cancelled.

    Every timer is billed: so the one that a sale starts for its owner is the one for the first look at usage, too.
    """
    while True:
        if state.owner is None:
            await workflow.wait_condition(lambda: state.next_look is not None)
            await watch()
            continue
        due = state.next_look
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda due=due: state.next_look != due,  # type: ignore[misc]
                timeout=max(due - workflow.now(), timedelta(0)) if due else None,
                timeout_summary="Look whether the sale is over; once it is, what is left of the add-ons",
            )
            continue
        if state.owner:  # it may be sold by now
            await look_at_owner(state.owner)
