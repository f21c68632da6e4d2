"""Orders to mail an eSIM once more: to the traveler's address, or to another one from now on."""

from temporalio.exceptions import ApplicationError

from contract.failure import INVALID_REQUEST
from contract.order import ResendOrder
from contract.subscription import Subscription
from workflows.order_record import OrderRecord
from workflows.orders import LifecycleOrders
from workflows.part import Part, Shared


class Resending(Part):
    """Has the mail with the eSIM sent again, whatever became of the one before."""

    def __init__(self, shared: Shared, orders: LifecycleOrders) -> None:
        super().__init__(shared)
        self._orders = orders
        self._record = OrderRecord(shared)

    def refuse(self, order: ResendOrder) -> None:
        """Raises ApplicationError, ``InvalidRequest``, where there is no address, or nothing that can be installed."""
        self._orders.refuse_unless_alive()
        if order.email is None and self._state.purchase.email is None:
            self._refuse("it was bought without an e-mail address: say where the eSIM is to be sent")
        if not self._state.activation_code:
            self._refuse("its activation code is not known: there is nothing that could be mailed")
        self._callers.refuse_if_many()

    def _refuse(self, why: str) -> None:
        raise ApplicationError(why, type=INVALID_REQUEST, non_retryable=True)

    def take(self, order: ResendOrder) -> Subscription:
        """Mails it. The same order, while that mail is on its way, changes nothing."""
        self._callers.count()
        purchase, is_elsewhere = self._state.purchase, order.email not in (None, self._state.purchase.email)
        if self._mail.is_over or is_elsewhere:
            purchase.email = order.email or purchase.email
            self._mail.send()
            where = "to another address" if is_elsewhere else "to the same address"
            self._record.add("resend", where, order.ordered_by)
        return self._state.subscription
