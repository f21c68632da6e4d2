"""The life of a sold eSIM: its usage is read, and it is suspended, resumed and closed."""

from typing import Final, Literal

from temporalio.client import Client

from cli.problem import Problem
from cli.screen import Screen
from cli.subscription import Order, Run, carried_out, subscription_of
from contract.subscription import LifecycleOrder, Subscription, SubscriptionStatus

Change = Literal["suspend", "resume", "close"]

DOING: Final[dict[Change, str]] = {"suspend": "Suspending", "resume": "Resuming", "close": "Closing"}

MEANING: Final[dict[SubscriptionStatus, str]] = {
    "provisioning": "it is being sold",
    "active": "it carries traffic, and add-ons can be bought for it",
    "suspended": "it carries no traffic, and purchases wait until it is resumed",
    "closed": "nothing can be bought for it any more, and nobody will get its endpoint",
    "quarantined": "it was not sold, and nobody will get its endpoint",
}


async def refresh(client: Client, run: Run, screen: Screen, patience_seconds: float | None = None) -> Subscription:
    """Has the usage of all add-ons read, and returns the subscription with it. Raises as any order does."""
    with screen.doing() as doing:
        doing.say(f"Asking SFT what is left on {run.id}")
        return await carried_out(
            client, run, Order("refresh_usage", None, "the reading"), Subscription, patience_seconds
        )


async def change(
    client: Client,
    run: Run,
    to: Change,
    order: LifecycleOrder,
    screen: Screen,
    patience_seconds: float | None = None,
) -> Subscription:
    """Suspends, resumes or closes, and returns the subscription once SFT has done it. Raises as any order does."""
    with screen.doing() as doing:
        doing.say(f"{DOING[to]} {run.id} at SFT")
        try:
            return await carried_out(client, run, Order(to, order, "the order"), Subscription, patience_seconds)
        except Problem as problem:
            if to == "close" and problem.type == "NotFound":
                known = await subscription_of(client, run, patience_seconds)
                if known.status == "closed":  # and has ended: closing it again is harmless
                    return known
            raise


def status_line(subscription: Subscription) -> str:
    """The status of a subscription, and what it means."""
    return f"{subscription.subscription_id} is {subscription.status}: {MEANING[subscription.status]}"
