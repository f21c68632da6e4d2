"""What a seller's own people do with first purchases that are under way: amend and cancel them."""

from typing import Final

from temporalio.client import WorkflowExecutionStatus, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from contract.progress import Progress
from contract.purchase import PlanAmendment
from seller.errors import SellerError, failed
from seller.sales import sale_run
from seller.server_client import ServerClient

ENDED: Final = {
    WorkflowExecutionStatus.COMPLETED: "it was sold",
    WorkflowExecutionStatus.FAILED: "it failed, and nothing was sold",
    WorkflowExecutionStatus.CANCELED: "it was cancelled",
    WorkflowExecutionStatus.TERMINATED: "it was terminated",
    WorkflowExecutionStatus.TIMED_OUT: "it ran out of time",
}


class Operators(ServerClient):
    """Orders of operators.

    Its methods raise NoAnswer, RPCError and Undecipherable, too: see ServerClient.
    """

    async def amend(self, purchase_id: str, amendment: PlanAmendment) -> Progress:
        """Has another plan provisioned than the one that SFT refused; how far the purchase has come then.

        Raises a SellerError: ``InvalidRequest`` unless it waits for that, ``NotFound`` if it is not under way.
        """
        run = sale_run(self._client, purchase_id)
        await self.expect_under_way(purchase_id)
        try:
            return await self._server.worker_answers(run.execute_update("amend_plan", amendment, result_type=Progress))
        except WorkflowUpdateFailedError as failure:
            raise failed(f"Amending {run.id}", failure.cause) from None
        except RPCError as error:
            raise _gone(purchase_id, error) from None

    async def cancel(self, purchase_id: str) -> None:
        """Cancels a first purchase, which gives back what it holds; ``NotFound`` if none is under way."""
        await self.expect_under_way(purchase_id)  # the server takes a cancellation of an ended run without a word
        try:
            await self._server.answers(sale_run(self._client, purchase_id).cancel())
        except RPCError as error:
            raise _gone(purchase_id, error) from None

    async def expect_under_way(self, purchase_id: str) -> None:
        """Raises a SellerError, ``NotFound``, which says what became of it, unless this purchase is under way."""
        run = sale_run(self._client, purchase_id)
        try:
            status = (await self._server.answers(run.describe())).status
        except RPCError as error:
            raise _gone(purchase_id, error) from None
        if status != WorkflowExecutionStatus.RUNNING:
            ended = ENDED.get(status, "it ended") if status else "it ended"
            raise SellerError("NotFound", f"Purchase {purchase_id} is not under way any more: {ended}")


def _gone(purchase_id: str, error: RPCError) -> Exception:
    if error.status != RPCStatusCode.NOT_FOUND:
        return error
    sentence = f"Purchase {purchase_id} is not under way: Temporal knows of none of that name, or has forgotten it"
    return SellerError("NotFound", sentence)
