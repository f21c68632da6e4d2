"""What a seller's own people do with first purchases that are under way: amend and cancel them."""

from typing import Final

from temporalio.client import WorkflowExecutionStatus, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode

from contract.progress import Progress
from contract.purchase import PlanAmendment
from seller.errors import SellerError, failed
from seller.known_sales import SaleRun, sale_run
from seller.own_runs import purchase_of
from seller.server_client import ServerClient
from temporal.encryption.sealed import Undecipherable

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

    async def amend(self, purchase_id: str, amendment: PlanAmendment, run_id: str | None = None) -> Progress:
        """Has another plan provisioned than the one that SFT refused, by this run of the purchase or by the latest; how
        far it has come then.

        Raises a SellerError: ``InvalidRequest`` unless it waits for that, ``NotFound`` if it is not under way.
        """
        run = await self._run(purchase_id, run_id)
        try:
            amended = run.execute_update("amend_plan", amendment, result_type=Progress)
            return await self._server.worker_answers(run, amended)
        except WorkflowUpdateFailedError as failure:
            raise failed(f"Amending {run.id}", failure.cause) from None
        except RPCError as error:
            raise _gone(purchase_id, error) from None

    async def cancel(self, purchase_id: str, run_id: str | None = None) -> None:
        """Cancels this run of a first purchase or the latest, which gives back what it holds; ``NotFound`` if it is not
        under way."""
        run = await self._run(purchase_id, run_id)  # the server takes a cancellation of an ended run without a word
        try:
            await self._server.answers(run.cancel())
        except RPCError as error:
            raise _gone(purchase_id, error) from None

    async def run_under_way(self, purchase_id: str, run_id: str | None = None) -> str:
        """The run id of a purchase that is under way, of which there may have been another run before.

        Raises a SellerError, ``NotFound``, which says what became of it, unless this run or the latest is under way.
        """
        run = sale_run(self._client, purchase_id, run_id)
        try:
            description = await self._server.answers(run.describe())
        except RPCError as error:
            raise _gone(purchase_id, error) from None
        if not await self._is_ours(run):
            raise _unknown(purchase_id)
        if description.status != WorkflowExecutionStatus.RUNNING:
            ended = ENDED.get(description.status, "it ended") if description.status else "it ended"
            raise SellerError("NotFound", f"Purchase {purchase_id} is not under way any more: {ended}")
        return description.run_id

    async def _run(self, purchase_id: str, run_id: str | None) -> SaleRun:
        return sale_run(self._client, purchase_id, await self.run_under_way(purchase_id, run_id))

    async def _is_ours(self, run: SaleRun) -> bool:
        try:
            return await purchase_of(self._server, run) is not None
        except Undecipherable:  # a sale that nobody here can read may wait for an operator all the same
            return True


def _gone(purchase_id: str, error: RPCError) -> Exception:
    return _unknown(purchase_id) if error.status == RPCStatusCode.NOT_FOUND else error


def _unknown(purchase_id: str) -> SellerError:
    sentence = f"Purchase {purchase_id} is not under way: Temporal knows of none of that name, or has forgotten it"
    return SellerError("NotFound", sentence)
