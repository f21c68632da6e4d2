"""What people ordered about a sale that SFT refused, and what became of it: handed over together with the eSIM."""

from temporalio import workflow

from contract.addon import Addon
from contract.order import CarriedOutOrder
from contract.purchase import PlanAmendment


class Amendments:
    """Those of one first purchase, oldest first."""

    def __init__(self) -> None:
        self.orders: list[CarriedOutOrder] = []
        self._newest: PlanAmendment | None = None

    def take(self, amendment: PlanAmendment, purchase_id: str) -> None:
        """Keeps who ordered it, and when."""
        self._newest = amendment
        order = CarriedOutOrder(
            order="amend_plan",
            reason=f"{amendment.product} ({amendment.plan_id})",
            ordered_by=amendment.ordered_by,
            purchase_id=purchase_id,
            at=workflow.now(),
        )
        self.orders.append(order)
        workflow.logger.info("amended to %s, ordered by %s", order.reason, order.ordered_by or "nobody named")

    def refuse(self, why: str) -> None:
        """Notes that SFT refused what was ordered last, if anything was."""
        if self.orders:
            self.orders[-1].outcome = why

    def amended(self, addon: Addon) -> Addon:
        """The add-on as it was ordered last."""
        if self._newest is None:
            return addon
        return addon.model_copy(update=self._newest.model_dump(include={"product", "plan_id"}))
