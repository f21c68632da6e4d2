"""Activities of the purchases that wait for stock: one look at SFT's list, and at who waits, serves all of them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from temporalio import activity
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.client import AsyncActivityHandle, Client, WorkflowExecution
from temporalio.converter import WorkflowSerializationContext
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.service import RPCError, RPCStatusCode

from activities.esims import EsimActivities
from activities.messages import EsimSearch, FoundEsim, HandedOut
from contract.failure import NO_ESIM_AVAILABLE, SFT_AUTHENTICATION_FAILED
from contract.search_attributes import PURCHASE_STEP
from contract.stock import StockQuestion
from contract.workflow_ids import HAND_OUT_TYPE, PROVISION_TYPE, hand_out_id
from temporal.visibility import on_task_queue

MOST_LISTED: Final = 1000
"""Purchases that are looked through for those that have waited longest."""

MOST_SERVED: Final = 100
"""By one activity: the next serves the others at once."""

LISTED_WITHIN: Final = timedelta(minutes=5)
"""How long visibility may take to list a purchase that waits, before the hand-out concludes that none does."""


class StockQueueActivities:
    """Lets purchases wait outside of any worker, and hands them eSIMs as these come into stock.

    Who waits is what Temporal knows: a pending ``wait_for_stock``. There is no list of ours that could be lost.
    """

    def __init__(self, client: Client, esims: EsimActivities) -> None:
        self._client = client
        self._esims = esims

    @activity.defn
    async def wait_for_stock(self, _search: EsimSearch) -> FoundEsim:
        """Takes a place among those that wait: completed by ``hand_out_stock``, whichever worker that runs on.

        It takes no slot of this worker meanwhile, and sends no heartbeat: Temporal Cloud bills each. A place that
        nobody looks after, because the hand-out was terminated, is taken anew when the attempt is over.
        """
        queue = activity.info().task_queue
        # With a signal, so that a hand-out that is just about to end goes on.
        await self._client.start_workflow(
            HAND_OUT_TYPE, StockQuestion(), id=hand_out_id(queue), task_queue=queue, start_signal="look_again"
        )
        activity.raise_complete_async()

    @activity.defn
    async def hand_out_stock(self, _question: StockQuestion) -> HandedOut:
        """Gives each of the purchases that have waited longest an eSIM of its own, for as many as SFT lists.

        Nothing is handed out once nobody has waited for a while. SFT is not asked where nobody waits.

        Raises:
            ApplicationError: ``NoEsimAvailable`` while there is none, ``SftUnavailable`` or ``SftUnanswered`` if SFT
                could not be asked: Temporal tries it again. That SFT refuses the credentials is told to who waits.
        """
        info = activity.info()
        waiting = await self._waiting(info.task_queue)
        if not waiting and info.current_attempt_scheduled_time - info.scheduled_time > LISTED_WITHIN:
            return HandedOut(count=0)
        served = await self._serve(waiting)
        if not served:
            # Benign: an ordinary state, which the log tells without a traceback for every try.
            category = ApplicationErrorCategory.BENIGN
            raise ApplicationError("SFT has no eSIM available", type=NO_ESIM_AVAILABLE, category=category)
        return HandedOut(count=served)

    async def _waiting(self, queue: str) -> list[WorkflowExecution]:
        """The longest first: visibility lists the newest first."""
        query = (
            f"WorkflowType = '{PROVISION_TYPE}' AND ExecutionStatus = 'Running' AND {on_task_queue(queue)} "
            f"AND {PURCHASE_STEP.name} = 'waiting_for_stock'"
        )
        runs = self._client.list_workflows(query, limit=MOST_LISTED, page_size=MOST_LISTED)
        return [run async for run in runs][::-1]

    async def _serve(self, waiting: Sequence[WorkflowExecution]) -> int:
        served, found = 0, FoundEsim()
        for run in waiting:
            if served == MOST_SERVED:
                break
            place = await self._place_of(run)
            if place is None:
                continue
            try:
                found = found if found.esim else await self._esims.find_esim(EsimSearch())
            except ApplicationError as failure:
                if failure.type == SFT_AUTHENTICATION_FAILED:
                    served += await _is_taken(place, failure)
                    continue
                if served:
                    break  # the next activity begins without the long pauses that this one may have come to
                raise
            if found.esim is None:
                break
            if await _is_taken(place, found):
                served, found = served + 1, FoundEsim()
        return served

    async def _place_of(self, run: WorkflowExecution) -> AsyncActivityHandle | None:
        """None if it does not wait, or not any more: visibility lags behind."""
        described = await self._client.get_workflow_handle(run.id, run_id=run.run_id).describe()
        for pending in described.raw_description.pending_activities:
            is_waiting = pending.state == PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
            if is_waiting and pending.activity_type.name == "wait_for_stock":
                place = self._client.get_async_activity_handle(
                    workflow_id=run.id, run_id=run.run_id, activity_id=pending.activity_id
                )
                return place.with_context(WorkflowSerializationContext(self._client.namespace, run.id))
        return None


async def _is_taken(place: AsyncActivityHandle, outcome: FoundEsim | ApplicationError) -> bool:
    """Whether somebody still waited there: else the purchase was cancelled, or its time was up."""
    try:
        if isinstance(outcome, ApplicationError):
            await place.fail(outcome)
        else:
            await place.complete(outcome)
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True
