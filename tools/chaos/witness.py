"""What the workflows say, asked of the Temporal server."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, cast

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode

from contract.esim import ProvisionedEsim
from contract.subscription import Subscription
from contract.workflow_ids import ADOPT_TYPE, PROVISION_TYPE, SUBSCRIPTION_TYPE, purchase_id_of
from seller.client import SellerClient
from seller.errors import SellerError
from temporal.visibility import on_task_queue
from tools.chaos.evidence import Holding, Recall, Sale
from tools.chaos.insist import each, insist
from tools.chaos.portal import progress_of
from tools.chaos.questions import CannotAnswer, Questions
from tools.chaos.tally import Tally, cut_off

ANSWER_SECONDS: Final = 10.0

LOOP_ATTEMPTS: Final = 4
"""A workflow task that is tried so often while nobody is killed is in a loop."""


class Witness:
    """Asks the Temporal server what the workflows say; what cannot change any more only once."""

    def __init__(self, client: Client, questions: Questions, task_queue: str) -> None:
        self._client, self._questions = client, questions
        self._ours = on_task_queue(task_queue)
        self._seller = SellerClient(client, task_queue, patience=lambda: ANSWER_SECONDS)
        self._ended_sales: dict[str, Sale] = {}
        self._ended_holdings: dict[str, Holding] = {}

    async def sales(self) -> list[Sale]:
        """Every run of ProvisionEsimWorkflow that is not forgotten."""
        sales = await each(self._sale, [run async for run in self._runs(PROVISION_TYPE)])
        return [sale for sale in sales if sale is not None]

    async def holdings(self) -> list[Holding]:
        """The latest run of every subscription, but for those that ended as released."""
        workflow_ids = {run.id async for run in self._runs(SUBSCRIPTION_TYPE)}
        holdings = await each(self._holding, sorted(workflow_ids))
        return [holding for holding in holdings if holding is not None]

    async def recalls(self, sold: Mapping[str, ProvisionedEsim]) -> list[Recall]:
        """What a portal is answered now about the eSIMs that it was told were sold, by purchase."""
        return await each(self._recall, sold.items())

    async def tally(self) -> Tally:
        """Reads every history from beginning to end."""
        tally = Tally()
        for workflow_type in (PROVISION_TYPE, ADOPT_TYPE, SUBSCRIPTION_TYPE):
            async for run in self._runs(workflow_type):
                with suppress(RPCError):  # forgotten just now
                    history = await insist(self._client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history)
                    tally.add(run.id, history.events)
        return tally

    async def loops(self) -> list[str]:
        """Running workflows whose workflow task is tried again and again."""
        running = [run async for run in self._client.list_workflows(f"ExecutionStatus = 'Running' AND {self._ours}")]
        attempts = await each(self._attempts, running)
        return [
            f"{run.id}: its workflow task was tried {tried} times"
            for run, tried in zip(running, attempts, strict=True)
            if tried >= LOOP_ATTEMPTS
        ]

    async def keep(self, workflow_ids: Iterable[str], directory: Path) -> None:
        """Writes what Temporal keeps of these into files: a cluster that is given has to forget them."""
        for workflow_id in workflow_ids:
            with suppress(RPCError):
                history = await insist(self._client.get_workflow_handle(workflow_id).fetch_history)
                (directory / f"{workflow_id}.json").write_text(history.to_json())

    async def _runs(self, workflow_type: str) -> AsyncIterator[WorkflowExecution]:
        async for run in self._client.list_workflows(f"WorkflowType = '{workflow_type}' AND {self._ours}"):
            yield run

    async def _sale(self, run: WorkflowExecution) -> Sale | None:
        try:
            return self._ended_sales.get(run.run_id) or await self._sale_of(run)
        except RPCError as error:
            if error.status == RPCStatusCode.NOT_FOUND:  # forgotten just now
                return None
            raise

    async def _sale_of(self, run: WorkflowExecution) -> Sale:
        purchase_id = purchase_id_of(run.id)
        handle: WorkflowHandle[Any, ProvisionedEsim] = self._client.get_workflow_handle(
            run.id, run_id=run.run_id, result_type=ProvisionedEsim
        )
        match (await insist(handle.describe)).status:
            case WorkflowExecutionStatus.RUNNING:
                return Sale(purchase_id, run.run_id, "running", progress=await progress_of(handle))
            case WorkflowExecutionStatus.COMPLETED:
                sold, history = await insist(handle.result), await insist(handle.fetch_history)
                sale = Sale(purchase_id, run.run_id, "completed", sold=sold, cut_off=cut_off(history.events))
            case WorkflowExecutionStatus.FAILED | WorkflowExecutionStatus.CANCELED:
                sale = Sale(purchase_id, run.run_id, "failed")
            case _:
                sale = Sale(purchase_id, run.run_id, "killed")
        return self._ended_sales.setdefault(run.run_id, sale)

    async def _holding(self, workflow_id: str) -> Holding | None:
        if workflow_id in self._ended_holdings:
            return self._ended_holdings[workflow_id]
        handle: WorkflowHandle[Any, Subscription] = self._client.get_workflow_handle(
            workflow_id, result_type=Subscription
        )
        match (await insist(handle.describe)).status:
            case WorkflowExecutionStatus.RUNNING:
                try:
                    now = await self._questions.ask_once(handle, "subscription", result_type=Subscription)
                except CannotAnswer:
                    return None
                return Holding(running=True, subscription=now)
            case WorkflowExecutionStatus.COMPLETED:
                holding = Holding(running=False, subscription=await insist(handle.result))
                return self._ended_holdings.setdefault(workflow_id, holding)
        return None

    async def _attempts(self, run: WorkflowExecution) -> int:
        description = await insist(self._client.get_workflow_handle(run.id, run_id=run.run_id).describe)
        return description.raw_description.pending_workflow_task.attempt

    async def _recall(self, sale: tuple[str, ProvisionedEsim]) -> Recall:
        purchase_id, sold = sale
        codes: dict[str, str | None] = {"query esim": None, "the purchase": None}
        wanted = cast("type[ProvisionedEsim | None]", ProvisionedEsim | None)
        handle = self._client.get_workflow_handle(sold.subscription_id)
        with suppress(CannotAnswer, RPCError):
            esim = await self._questions.ask_once(handle, "esim", result_type=wanted)
            codes["query esim"] = esim.activation_code if esim else None
        with suppress(SellerError, RPCError):
            codes["the purchase"] = (await self._seller.sales.sold(purchase_id)).activation_code
        return Recall(purchase_id, sold.subscription_id, sold.activation_code, codes)
