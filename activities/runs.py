"""Looks up other runs at the Temporal server: what a purchase sold before, claims, and whether an owner still runs."""

import asyncio
from datetime import timedelta
from typing import Final, NamedTuple, cast

from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from activities.messages import Endpoint, Owner, OwnerState
from contract.esim import ProvisionedEsim
from contract.failure import INVALID_REQUEST
from contract.purchase import ClaimedFor, EsimPurchase
from contract.search_attributes import FIRST_PURCHASE_ID
from contract.workflow_ids import is_subscription_id, subscription_id
from temporal.description import description_of
from temporal.refused_query import is_refused
from temporal.run_input import NotOurs, if_ours, read_claim, read_purchase

Run = WorkflowHandle[object, object]

QUERY_LIMIT: Final = timedelta(seconds=10)
"""How long a subscription is given to answer: longer than it takes any worker that is there."""

LISTED_WITHIN_SECONDS: Final = 30.0
"""How long a purchase waits for visibility to list its run, before it completes all the same."""

FREE: Final = (None, WorkflowExecutionStatus.FAILED)
"""What the last run of a subscription is if its endpoint may be claimed: there is none, or it failed, which releases
it. One that was terminated or timed out holds it: it is restored, or started again by the purchase that claimed it."""


class Recalled(NamedTuple):
    """What was sold under the same purchase id before; ``result`` is None where nothing was."""

    result: ProvisionedEsim | None = None
    is_run_listed: bool = False
    """Whether visibility lists the run that asks, so that a repeat of this purchase will be recognised."""


class RunActivities:
    """Looks runs up with the Temporal client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def recall(self, purchase: EsimPurchase) -> Recalled:
        """What was sold under this purchase id before, if anything was.

        A portal that starts a completed purchase again with Temporal's default id policies gets a second run under
        the same workflow id; so does whoever starts one again that was terminated after its sale, or that Temporal has
        forgotten. This is how that run finds out that there is nothing left to sell: from an earlier run, or from the
        subscription, which lives longer. Which there are comes from visibility, and no run completes before it is
        listed there (``is_listed``); what became of them comes from the runs themselves.

        Raises:
            ApplicationError: ``InvalidRequest`` if what was sold under this purchase_id was something else.
            RPCError, WorkflowQueryFailedError: if it cannot be told whether anything was.
        """
        info = activity.info()
        listed, subscriptions = False, list[Run]()
        found = f"WorkflowId = '{info.workflow_id}' OR {FIRST_PURCHASE_ID.name} = '{purchase.purchase_id}'"
        async for run in self._client.list_workflows(found):
            handle = self._client.get_workflow_handle(run.id, run_id=run.run_id)
            if run.run_id == info.workflow_run_id:
                listed = True
            elif is_subscription_id(run.id):
                if run.status != WorkflowExecutionStatus.FAILED:  # that one was not sold: it has released its endpoint
                    subscriptions.append(handle)
            elif made := await self._bought_by(handle):
                completed = self._client.get_workflow_handle(run.id, run_id=run.run_id, result_type=ProvisionedEsim)
                esim = await completed.result()
                if (esim.traveler_id, esim.addon.purchase_id) == (made.traveler_id, made.purchase_id):
                    return _sold_before(made, esim, purchase)
        for subscription in subscriptions:
            claim = await self._claim_for(subscription, purchase)
            esim = await self._esim_of(subscription) if claim else None
            if claim and esim and claim.was_sold_as(esim):
                return _sold_before(claim.purchase, esim, purchase)
        return Recalled(is_run_listed=listed)

    async def _bought_by(self, run: Run) -> EsimPurchase | None:
        """What a run bought, if it completed; None for one that somebody else has put in the place of a purchase's."""
        if await _status(run) != WorkflowExecutionStatus.COMPLETED:
            return None
        try:
            return await read_purchase(self._client, run, activity.info().task_queue)
        except NotOurs:
            return None

    async def _claim_for(self, subscription: Run, purchase: EsimPurchase) -> ClaimedFor | None:
        """What a subscription was started with, if for this purchase: a search attribute may be anybody's word."""
        claim = await if_ours(read_claim(self._client, subscription, activity.info().task_queue))
        return claim if claim and claim.purchase.purchase_id == purchase.purchase_id else None

    async def _esim_of(self, subscription: Run) -> ProvisionedEsim | None:
        """What it was sold as; None where it was not, or where visibility still lists what Temporal has forgotten."""
        try:
            return await _told_by(subscription)
        except RPCError as error:
            if not is_refused(error):
                raise
        return await _told_by(self._client.get_workflow_handle(subscription.id))  # it may be restored as another run

    @activity.defn
    async def look_at_owner(self, owner: Owner) -> OwnerState:
        """Whether the run that claimed an endpoint still runs, and what it sold if it completed. One that the server no
        longer knows does not run. What was sold and cannot be read here is tried again: another worker may read it.
        """
        run = self._client.get_workflow_handle(owner.workflow_id, run_id=owner.run_id, result_type=ProvisionedEsim)
        status = await _status(run)
        sold = await run.result(follow_runs=False) if status == WorkflowExecutionStatus.COMPLETED else None
        return OwnerState(running=status == WorkflowExecutionStatus.RUNNING, sold=sold)

    @activity.defn
    async def wait_until_listed(self, _nothing: None = None) -> None:
        """Returns once visibility lists the run that asks: that is where a repeat of this purchase finds it.

        Visibility may lag behind the run. A visibility store that is down must not keep a traveler from their eSIM.
        """
        try:
            async with asyncio.timeout(LISTED_WITHIN_SECONDS):
                while not await self.is_listed():  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        except (TimeoutError, RPCError):
            activity.logger.warning(
                "visibility does not list %s after %.0f s: a repeat of it may not be recognised",
                activity.info().workflow_id,
                LISTED_WITHIN_SECONDS,
            )

    async def is_listed(self) -> bool:
        """Whether visibility lists the run that asks, which it may do some moments after the run began."""
        info = activity.info()
        own = f"WorkflowId = '{info.workflow_id}' AND RunId = '{info.workflow_run_id}'"
        return (await self._client.count_workflows(own)).count > 0

    async def is_claimed(self, endpoint_id: str) -> bool:
        """Whether a subscription holds this endpoint right now; not an activity, but a callback of ``Inventory``."""
        return await self._last_status(endpoint_id) not in FREE

    @activity.defn
    async def is_released(self, endpoint: Endpoint) -> bool:
        """Whether the last subscription of this endpoint has released it to whoever claims it next."""
        return await self._last_status(endpoint.endpoint_id) == WorkflowExecutionStatus.FAILED

    async def _last_status(self, endpoint_id: str) -> WorkflowExecutionStatus | None:
        return await _status(self._client.get_workflow_handle(subscription_id(endpoint_id)))


def _sold_before(made: EsimPurchase, esim: ProvisionedEsim, purchase: EsimPurchase) -> Recalled:
    if made.conflicts_with(purchase):
        raise ApplicationError(
            f"purchase_id {purchase.purchase_id} was already sold, as {made.product} ({made.plan_id}) to traveler "
            f"{made.traveler_id}; a new purchase needs a purchase_id of its own",
            type=INVALID_REQUEST,
            non_retryable=True,
        )
    return Recalled(result=esim)


async def _told_by(subscription: Run) -> ProvisionedEsim | None:
    wanted = cast("type[ProvisionedEsim | None]", ProvisionedEsim | None)
    try:
        esim: ProvisionedEsim | None = await subscription.query("esim", result_type=wanted, rpc_timeout=QUERY_LIMIT)
        return esim
    except RPCError as error:
        if error.status == RPCStatusCode.NOT_FOUND:
            return None
        raise


async def _status(handle: Run) -> WorkflowExecutionStatus | None:
    run = await description_of(handle)
    return run.status if run else None
