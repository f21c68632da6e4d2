"""What a seller's own people do with first purchases: amend and cancel those under way, start failed ones again."""

from typing import Final

from temporalio.client import WorkflowExecutionStatus, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from contract.failure import INVALID_REQUEST
from contract.progress import Progress
from contract.purchase import EsimPurchase, PlanAmendment
from seller.errors import SellerError, failed, not_found
from seller.known_sales import SaleRun, sale_run
from seller.own_runs import purchase_of
from seller.sales import start_run
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

    async def failed(self, purchase_id: str) -> EsimPurchase:
        """What a purchase was of that failed, or was cancelled, and sold nothing: it may be started again.

        Raises a SellerError: ``NotFound`` if there is none; ``InvalidRequest`` if it did not fail, as the message says.
        """
        run = sale_run(self._client, purchase_id)
        purchase = await purchase_of(self._server, run)
        if purchase is None:
            raise not_found(f"purchase {purchase_id}")
        status = (await self._server.answers(run.describe())).status
        if status in (WorkflowExecutionStatus.TERMINATED, WorkflowExecutionStatus.TIMED_OUT):
            how = f"it was ended from outside; starter.py restore {purchase_id} looks what it had sold"
            raise SellerError(INVALID_REQUEST, f"Purchase {purchase_id} did not fail: {how}")
        if status not in (WorkflowExecutionStatus.FAILED, WorkflowExecutionStatus.CANCELED):
            how = ENDED.get(status, "it is under way") if status else "it is under way"
            raise SellerError(INVALID_REQUEST, f"Purchase {purchase_id} did not fail: {how}")
        return purchase

    async def start_again(self, purchase_id: str) -> EsimPurchase:
        """Starts a purchase again that failed, or was cancelled: with the same contents, under the same id. It takes
        nothing to be paid again, and sells one eSIM, as ever.

        Raises a SellerError: ``NotFound`` if there is none; ``InvalidRequest`` if it did not fail, or somebody was
        faster.
        """
        purchase = await self.failed(purchase_id)
        started = start_run(self._client, self._server.task_queue, purchase, WorkflowIDConflictPolicy.FAIL)
        try:
            await self._server.answers(started)
        except WorkflowAlreadyStartedError:
            raise SellerError(INVALID_REQUEST, f"Purchase {purchase_id} was started again just now") from None
        return purchase

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
