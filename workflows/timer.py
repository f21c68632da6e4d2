"""The one timer that a subscription has in an ordinary sale, and for as long as nothing is wrong."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import NoReturn

from temporalio import workflow

from workflows.state import SubscriptionState


async def keep_looking(state: SubscriptionState, look: Callable[[], Awaitable[None]]) -> NoReturn:
    """Looks whenever ``next_look`` in the state is due, until it is cancelled; the look sets when the next one is.

    Every timer is billed: so the one that a sale starts for its owner is the one for the first look at usage, too.
    """
    while True:
        due = state.next_look
        with suppress(TimeoutError):
            await workflow.wait_condition(
                lambda due=due: state.next_look != due,  # type: ignore[misc]
                timeout=max(due - workflow.now(), timedelta(0)) if due else None,
                timeout_summary="Look whether the sale is over; once it is, what is left of the add-ons"
                if state.owner
                else "Look what is left of the add-ons",
            )
            continue
        await look()
