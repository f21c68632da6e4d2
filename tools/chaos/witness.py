"""What the workflows say, asked of the Temporal server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import timedelta
from typing import Any, Final, TypeVar

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus, WorkflowHandle

from contract.esim import ProvisionedEsim
from contract.subscription import Subscription
from contract.workflow_ids import purchase_id_of
from tools.chaos.portal import insist, progress_of
from tools.chaos.tally import Tally
from tools.chaos.verdict import Holding, Sale

AT_ONCE: Final = 8
"""Questions to the server at the same time."""

LOOP_ATTEMPTS: Final = 4
"""A workflow task that is tried so often while nobody is killed is in a loop."""

Subject = TypeVar("Subject")
Answer = TypeVar("Answer")


class Witness:
    """Asks the Temporal server what the workflows say; what cannot change any more only once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ended_sales: dict[str, Sale] = {}
        self._ended_holdings: dict[str, Holding] = {}

    async def sales(self) -> list[Sale]:
        """Every run of ProvisionEsimWorkflow."""
        return await _each(self._sale, [run async for run in self._runs("ProvisionEsimWorkflow")])

    async def holdings(self) -> list[Holding]:
        """The latest run of every subscription, but for those that ended as released."""
        workflow_ids = {run.id async for run in self._runs("TravelerSubscriptionWorkflow")}
        holdings = await _each(self._holding, sorted(workflow_ids))
        return [holding for holding in holdings if holding is not None]

    async def tally(self) -> Tally:
        """Reads every history from beginning to end."""
        tally = Tally()
        for workflow_type in ("ProvisionEsimWorkflow", "TravelerSubscriptionWorkflow"):
            async for run in self._runs(workflow_type):
                history = await insist(self._client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history)
                tally.add(run.id, history.events)
        return tally

    async def loops(self) -> list[str]:
        """Running workflows whose workflow task is tried again and again."""
        running = [run async for run in self._client.list_workflows("ExecutionStatus = 'Running'")]
        attempts = await _each(self._attempts, running)
        return [
            f"{run.id}: its workflow task was tried {tried} times"
            for run, tried in zip(running, attempts, strict=True)
            if tried >= LOOP_ATTEMPTS
        ]

    async def _runs(self, workflow_type: str) -> AsyncIterator[WorkflowExecution]:
        async for run in self._client.list_workflows(f"WorkflowType = '{workflow_type}'"):
            yield run

    async def _sale(self, run: WorkflowExecution) -> Sale:
        if run.run_id in self._ended_sales:
            return self._ended_sales[run.run_id]
        purchase_id = purchase_id_of(run.id)
        handle: WorkflowHandle[Any, ProvisionedEsim] = self._client.get_workflow_handle(
            run.id, run_id=run.run_id, result_type=ProvisionedEsim
        )
        match (await insist(handle.describe)).status:
            case WorkflowExecutionStatus.RUNNING:
                return Sale(purchase_id, run.run_id, "running", progress=await progress_of(handle))
            case WorkflowExecutionStatus.COMPLETED:
                sale = Sale(purchase_id, run.run_id, "completed", sold=await insist(handle.result))
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
                seconds = timedelta(seconds=10)
                query = handle.query
                return Holding(
                    running=True,
                    subscription=await insist(
                        lambda: query("subscription", result_type=Subscription, rpc_timeout=seconds)
                    ),
                )
            case WorkflowExecutionStatus.COMPLETED:
                holding = Holding(running=False, subscription=await insist(handle.result))
                return self._ended_holdings.setdefault(workflow_id, holding)
        return None

    async def _attempts(self, run: WorkflowExecution) -> int:
        description = await insist(self._client.get_workflow_handle(run.id, run_id=run.run_id).describe)
        return description.raw_description.pending_workflow_task.attempt


async def _each(ask: Callable[[Subject], Awaitable[Answer]], subjects: Iterable[Subject]) -> list[Answer]:
    few = asyncio.Semaphore(AT_ONCE)

    async def one(subject: Subject) -> Answer:
        async with few:
            return await ask(subject)

    return await asyncio.gather(*(one(subject) for subject in subjects))
