"""What people and the portal get to see of a first purchase: its progress, and news where it does not go well."""

import asyncio
from typing import Final

from temporalio import workflow
from temporalio.exceptions import FailureError

from activities.messages import Channel
from contract.event import Event, EventType, SaleNews
from contract.progress import STUCK, Progress, Step
from contract.purchase import EsimPurchase
from contract.search_attributes import PURCHASE_STEP
from workflows.telling import TellPortalWorkflow

NEWS: Final[dict[Step, EventType]] = {
    "waiting_for_stock": "sale_waiting_for_stock",
    "needs_attention": "sale_needs_attention",
}
"""The steps that are told to the portal at once. An ordinary sale comes to none of them, and costs nothing for it."""


class SaleDisplay:
    """``progress`` is the answer of the query of that name."""

    def __init__(self) -> None:
        self.progress = Progress(step="finding_esim", detail="Looking for an available eSIM.")
        self._visible_step: Step | None = None
        self._purchase: EsimPurchase | None = None
        self._events = 0
        self._telling: set[asyncio.Task[None]] = set()

    def tell_about(self, purchase: EsimPurchase, channels: list[Channel]) -> None:
        """From here on the portal is told where this purchase does not go well, if the workers can tell it anything."""
        self._purchase = purchase if "portal" in channels else None

    def show(self, step: Step, endpoint_id: str | None, detail: str) -> None:
        """Shows how far the purchase has come, in one sentence."""
        is_news = step != self.progress.step
        self.progress = Progress(step=step, endpoint_id=endpoint_id, detail=detail)
        workflow.set_current_details(f"**{step}**: {detail}")
        if step in STUCK:
            workflow.logger.warning(f"{step}: %s", detail)  # a kind of line for each step (observability/repeats.py)
        # Purchases are found by their step from when they are stuck: an ordinary sale is spared the billed action.
        if step != self._visible_step and (self._visible_step or step in STUCK):
            self._visible_step = step
            workflow.upsert_search_attributes([PURCHASE_STEP.value_set(step)])
        if is_news and step in NEWS and self._purchase:
            self._telling.add(asyncio.create_task(self._tell(self._purchase, NEWS[step], detail)))

    async def tell_failure(self) -> None:
        """Tells that nothing was sold, and waits until runs of their own see to it that everything is told."""
        if self._purchase:
            await self._tell(self._purchase, "sale_failed", self.progress.detail)
        await asyncio.gather(*self._telling)

    async def _tell(self, purchase: EsimPurchase, event_type: EventType, detail: str) -> None:
        self._events += 1
        event_id = f"{workflow.info().workflow_id}-{workflow.uuid4()}-{self._events}"
        event = Event(
            event_id=event_id,
            type=event_type,
            occurred_at=workflow.now(),
            traveler_id=purchase.traveler_id,
            sale=SaleNews(**purchase.model_dump(include={"purchase_id", "product", "plan_id"}), detail=detail),
        )
        try:
            await workflow.start_child_workflow(
                TellPortalWorkflow.run,
                event,
                id=f"tell-{event_id}",
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                static_summary=f"Tell the portal: {event_type}",
            )
        except FailureError as failure:
            workflow.logger.warning("%s is not told to the portal: %s", event_type, failure)
