"""Who ordered what about an eSIM, and what became of it: shown with it, the newest of them."""

from temporalio import workflow

from contract.order import MOST_KEPT, CarriedOutOrder, OrderName
from workflows.part import Part


class OrderRecord(Part):
    """The orders in a subscription's record."""

    def add(
        self,
        order: OrderName,
        reason: str,
        ordered_by: str | None,
        *,
        purchase_id: str | None = None,
        failure: str | None = None,
    ) -> None:
        """One more order is carried out, or could not be."""
        kept = self._state.subscription.orders
        kept.append(
            CarriedOutOrder(
                order=order,
                reason=reason,
                ordered_by=ordered_by,
                purchase_id=purchase_id,
                at=workflow.now(),
                outcome=failure or "done",
            )
        )
        del kept[:-MOST_KEPT]
        about = f" of purchase {purchase_id}" if purchase_id else ""
        workflow.logger.info(
            "%s%s (%s), ordered by %s: %s", order, about, reason, ordered_by or "nobody named", kept[-1].outcome
        )
