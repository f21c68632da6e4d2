"""Sales and orders from a terminal: shown while they go on, with a word on how to go on where that is cut short."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cli.problem import Problem
from cli.screen import Screen
from cli.steps import Steps
from contract.addon import Addon
from contract.esim import ProvisionedEsim
from contract.order import LifecycleOrder
from contract.purchase import AddonPurchase, EsimPurchase
from contract.subscription import Subscription, SubscriptionStatus
from seller.client import SellerClient
from seller.errors import NoAnswer, SellerError
from seller.past_sales import require_code
from seller.subscriptions import LifecycleChange

DOING: Final[dict[LifecycleChange, str]] = {"suspend": "Suspending", "resume": "Resuming", "close": "Closing"}

MEANING: Final[dict[SubscriptionStatus, str]] = {
    "provisioning": "it is being sold",
    "active": "it carries traffic, and add-ons can be bought for it",
    "suspended": "it carries no traffic, and purchases wait until it is resumed",
    "closed": "nothing can be bought for it any more, and nobody will get its endpoint",
    "quarantined": "it was not sold, and nobody will get its endpoint",
}

HARMLESS: Final = "the same command asks for it again, which does no harm"


async def sell(seller: SellerClient, purchase: EsimPurchase, screen: Screen) -> ProvisionedEsim:
    """Sells an eSIM, and shows how it goes. The same purchase twice is one sale.

    Raises a SellerError: the failure of the purchase; ``Interrupted`` or a NoAnswer, after which the purchase goes on.
    """
    goes_on = f"purchase {purchase.purchase_id} goes on: python starter.py status {purchase.purchase_id}"
    with _cut_short(goes_on, goes_on):
        run, is_completed = await seller.sales.start_or_join(purchase)
        if is_completed:
            screen.show("Completed before: nothing is sold again, this is what was sold then.")
            return await seller.sales.sold(purchase.purchase_id)
        with screen.doing() as doing:
            steps = Steps(doing)
            esim = await seller.sales.result_of(run, purchase, steps.show)
            steps.finish()
            return esim


async def buy(seller: SellerClient, name: str, purchase: AddonPurchase, screen: Screen) -> Addon:
    """Buys an add-on, and returns it once it is provisioned, or ``pending`` where it has to wait for something else.
    The same purchase twice is one add-on.

    Raises a SellerError: the failure of the add-on; ``InvalidRequest`` if its id is known with other contents;
    ``NotFound`` if the subscription has ended; ``Interrupted`` or a NoAnswer, after which the purchase goes on.
    """
    run_id = seller.subscription_run(name).id
    again = f"--purchase-id {purchase.purchase_id} asks for it again without buying it twice"
    with _cut_short(again, f"the purchase goes on: {again}"), _ended(run_id), screen.doing() as doing:
        doing.say(f"Provisioning {purchase.product} ({purchase.plan_id}) on {run_id}")
        addon = await seller.addons.buy(name, purchase)
        if addon.unique_id:
            doing.done(f"{addon.product}: {addon.unique_id}")
    if addon.status == "pending":
        why = "its eSIM is suspended, or others wait already"
        screen.show(f"Taken, and pending ({why}): it is provisioned later. How it goes: status {run_id}")
    return addon


async def send(seller: SellerClient, name: str, purchase: AddonPurchase) -> None:
    """Sends an add-on purchase without waiting for it; raises a SellerError, ``NotFound``, if it has ended."""
    with _ended(seller.subscription_run(name).id):
        await seller.addons.send(name, purchase)


async def refresh(seller: SellerClient, name: str, screen: Screen) -> Subscription:
    """Has the usage of all add-ons read, and returns the subscription with it. Raises as ``change`` does."""
    run_id = seller.subscription_run(name).id
    with _cut_short(HARMLESS, f"the reading goes on: {HARMLESS}"), _ended(run_id), screen.doing() as doing:
        doing.say(f"Asking SFT what is left on {run_id}")
        return await seller.subscriptions.refresh_usage(name)


async def change(
    seller: SellerClient, name: str, to: LifecycleChange, order: LifecycleOrder, screen: Screen
) -> Subscription:
    """Suspends, resumes or closes, and returns the subscription once SFT has done it.

    Raises a SellerError: what SFT refused; ``NotFound`` if the subscription has ended, unless it is to be closed;
    ``Interrupted`` or a NoAnswer, after which the order goes on.
    """
    run_id = seller.subscription_run(name).id
    with screen.doing() as doing:
        doing.say(f"{DOING[to]} {run_id} at SFT")
        try:
            with _cut_short(HARMLESS, f"the order goes on: {HARMLESS}"), _ended(run_id):
                return await seller.subscriptions.change(name, to, order)
        except SellerError as error:
            if to == "close" and error.type == "NotFound":
                known = await seller.subscriptions.get(name)
                if known.status == "closed":  # and has ended: closing it again is harmless
                    return known
            raise


@contextmanager
def take_back(seller: SellerClient, name: str, saying: str, screen: Screen) -> Iterator[None]:
    """Says what is done while an order to take something back is waited for, and how to go on without an answer."""
    with screen.doing() as doing:
        doing.say(saying)
        with _cut_short(HARMLESS, f"the order goes on: {HARMLESS}"), _ended(seller.subscription_run(name).id):
            yield


async def sold(seller: SellerClient, purchase_id: str) -> ProvisionedEsim:
    """What was sold under a purchase id. Raises a SellerError: ``NotFound``, ``NotCompleted``, or its failure."""
    try:
        return require_code(await seller.sales.sold(purchase_id))
    except SellerError as error:
        if error.type != "NotCompleted":
            raise
        raise Problem(error.type, f"{error.message}: see status {purchase_id}") from None


def status_line(subscription: Subscription) -> str:
    """The status of a subscription, and what it means."""
    return f"{subscription.subscription_id} is {subscription.status}: {MEANING[subscription.status]}"


@contextmanager
def _cut_short(without_answer: str, interrupted: str) -> Iterator[None]:
    """Tells who gets no answer, or stops waiting, how to go on."""
    try:
        yield
    except NoAnswer as silence:
        raise NoAnswer(silence.type, f"{silence.message}; {without_answer}") from None
    except asyncio.CancelledError:  # Ctrl-C, as asyncio.run passes it on
        raise Problem("Interrupted", f"Interrupted, but {interrupted}") from None


@contextmanager
def _ended(run_id: str) -> Iterator[None]:
    try:
        yield
    except SellerError as error:
        if error.type != "NotFound":
            raise
        sentence = f"{run_id} has ended, or never was: it takes no orders any more; status {run_id} tells which"
        raise Problem("NotFound", sentence) from None
