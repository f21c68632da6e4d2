"""Somebody who may write to the namespace and has no keys: starts runs of any type under any id, and has them say
anything."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.client import Client, WorkflowHandle
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from tests.support.plain_runs import listed

Answers = dict[str, Any]

_answers: dict[str, Answers] = {}
"""What each forged run says, by its workflow id: to queries and updates, and, as ``result``, in the end."""


class _Forged:
    async def _run(self) -> Any:
        says = _answers[workflow.info().workflow_id]
        await workflow.wait_condition(lambda: "result" in says)
        return says["result"]

    def _says(self, name: str) -> Any:
        return _answers[workflow.info().workflow_id].get(name)


class _TellsProgress(_Forged):
    @workflow.query
    def progress(self) -> Any:
        return self._says("progress")


class _TellsEsim(_Forged):
    @workflow.query
    def subscription(self) -> Any:
        return self._says("subscription")

    @workflow.query
    def esim(self) -> Any:
        return self._says("esim")


# The SDK wants the method that runs in the class of the workflow itself.


@workflow.defn(name="ProvisionEsimWorkflow")
class ForgedPurchase(_TellsProgress):
    @workflow.run
    async def run(self, _input: Any = None) -> Any:
        return await self._run()


@workflow.defn(name="TravelerSubscriptionWorkflow")
class ForgedSubscription(_TellsEsim):
    @workflow.run
    async def run(self, _input: Any = None) -> Any:
        return await self._run()

    @workflow.query
    def addon(self, _reference: Any) -> Any:
        return self._says("addon")

    @workflow.update
    async def refresh_usage(self, _nothing: Any = None) -> Any:
        return self._says("refresh_usage")


@workflow.defn(name="SomethingElse")
class SomethingElse(_TellsProgress, _TellsEsim):
    @workflow.run
    async def run(self, _input: Any = None) -> Any:
        return await self._run()


@dataclass
class Intruder:
    """Has a client of the namespace, and a task queue of their own with a worker."""

    client: Client
    task_queue: str

    async def start(
        self,
        workflow_type: str,
        workflow_id: str,
        input: Any,
        says: Answers | None = None,
        *,
        task_queue: str | None = None,
        delay: timedelta | None = None,
        **listed_as: str,
    ) -> WorkflowHandle[Any, Any]:
        """A run that says this, once visibility lists it, with these search attributes."""
        _answers[workflow_id] = says or {}
        pairs = [SearchAttributePair(SearchAttributeKey.for_keyword(name), value) for name, value in listed_as.items()]
        run = await self.client.start_workflow(
            workflow_type,
            input,
            id=workflow_id,
            task_queue=task_queue or self.task_queue,
            start_delay=delay,
            search_attributes=TypedSearchAttributes(pairs),
        )
        if says and "result" in says:
            await run.result()
        await listed(self.client, run)
        return run


@asynccontextmanager
async def intruding(client: Client, task_queue: str) -> AsyncIterator[Intruder]:
    """Whose worker runs for as long as the block lasts."""
    forged = [ForgedPurchase, ForgedSubscription, SomethingElse]
    async with Worker(client, task_queue=task_queue, workflows=forged, workflow_runner=UnsandboxedWorkflowRunner()):
        yield Intruder(client, task_queue)
