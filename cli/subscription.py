"""The subscription of an eSIM: looked at, given orders, and sold more add-ons."""

import asyncio
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError, WorkflowUpdateStage
from temporalio.service import RPCError, RPCStatusCode

from cli.problem import INTERRUPTED, Problem, failed, not_found
from cli.screen import Screen
from cli.server import NobodyAnswers, answered, answered_by_worker
from cli.waiting import watched
from contract.addon import Addon
from contract.purchase import AddonPurchase
from contract.subscription import Subscription
from contract.workflow_ids import endpoint_id_of, subscription_id

Run = WorkflowHandle[object, Subscription]

Result = TypeVar("Result", bound=BaseModel)


@dataclass(frozen=True)
class Order:
    """An update and its input. ``what`` it is, and how to ask for it ``again``, is for whoever stops waiting."""

    update: str
    input: BaseModel | None
    what: str
    again: str = "the same command asks for it again, which does no harm"


def run_of(client: Client, name: str) -> Run:
    """The run of a subscription, by its own id or that of its endpoint, whether there is one or not."""
    return client.get_workflow_handle(subscription_id(endpoint_id_of(name)), result_type=Subscription)


async def subscription_of(client: Client, run: Run, seconds: float | None = None) -> Subscription:
    """The subscription as it stands; raises NobodyAnswers, or a Problem of type ``NotFound``."""
    try:
        query = run.query("subscription", result_type=Subscription)
        return await answered_by_worker(client, query, seconds)
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            raise not_found(run.id) from None
        raise


async def carried_out(
    client: Client, run: Run, order: Order, result_type: type[Result], patience_seconds: float | None = None
) -> Result:
    """What the order was answered with, which takes as long as SFT takes.

    Raises:
        Problem: what it was refused or failed with; ``NotFound`` if nobody takes orders any more; ``Interrupted``.
        NobodyAnswers: if the order, or a look at it, is not answered within ``patience_seconds``, or 3 if None.
    """
    arguments = [] if order.input is None else [order.input]
    try:
        update = run.start_update(
            order.update, args=arguments, wait_for_stage=WorkflowUpdateStage.ACCEPTED, result_type=result_type
        )
        accepted = await answered_by_worker(client, update, patience_seconds)

        async def look() -> None:
            await subscription_of(client, run, patience_seconds)

        result: Result = await watched(accepted.result(), look)
        return result
    except WorkflowUpdateFailedError as failure:
        raise failed(f"Update {order.update} of {run.id}", failure.cause) from None
    except NobodyAnswers as silence:
        raise NobodyAnswers(silence.type, f"{silence.message}; {order.again}") from None
    except RPCError as error:
        raise _ended(run, error) from None
    except asyncio.CancelledError:
        raise Problem("Interrupted", f"Interrupted, but {order.what} goes on: {order.again}", INTERRUPTED) from None


async def buy(
    client: Client, run: Run, purchase: AddonPurchase, screen: Screen, patience_seconds: float | None = None
) -> Addon:
    """Buys an add-on, and returns it once it is provisioned. The same purchase twice is one add-on.

    Raises:
        Problem: the failure of the add-on; ``InvalidRequest`` if its id is known with other contents; ``Interrupted``.
        NobodyAnswers: as with any order.
    """
    again = f"--purchase-id {purchase.purchase_id} asks for it again without buying it twice"
    with screen.doing() as doing:
        doing.say(f"Provisioning {purchase.product} ({purchase.plan_id}) on {run.id}")
        order = Order("purchase_addon", purchase, "the purchase", again)
        addon = await carried_out(client, run, order, Addon, patience_seconds)
        doing.done(f"{addon.product}: {addon.unique_id}")
    return addon


async def signal(client: Client, run: Run, purchase: AddonPurchase) -> None:
    """Sends an add-on purchase without waiting for what becomes of it; raises a Problem of type ``NotFound``."""
    try:
        await answered(client, run.signal("addon_purchased", purchase))
    except RPCError as error:
        raise _ended(run, error) from None


def _ended(run: Run, error: RPCError) -> Problem | RPCError:
    if error.status != RPCStatusCode.NOT_FOUND:
        return error
    return Problem(
        "NotFound", f"{run.id} has ended, or never was: it takes no orders any more; status {run.id} tells which"
    )
