"""Calls without their input, of a workflow that has one handler of each kind, on the real server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from contract.message import HandlerInput, StartInput
from temporal.input_check import InputCheck

numbers = count(1)


class Begin(StartInput):
    number: int


class Add(HandlerInput):
    number: int


@workflow.defn
class Sum:
    def __init__(self) -> None:
        self._sum = 0

    @workflow.run
    async def run(self, begin: Begin) -> int:
        await workflow.wait_condition(lambda: self._sum >= 10)
        return begin.number + self._sum

    @workflow.signal
    def add(self, addend: Add) -> None:
        self._sum += addend.number

    @workflow.signal
    def count_up(self, _nothing: object = None) -> None:
        self._sum += 1

    @workflow.update
    async def added(self, addend: Add) -> int:
        self._sum += addend.number
        return self._sum

    @workflow.update
    async def added_if_positive(self, addend: Add) -> int:
        self._sum += addend.number
        return self._sum

    @added_if_positive.validator
    def _refuse_negative(self, addend: Add) -> None:
        if addend.number < 0:
            raise ApplicationError("negative")

    @workflow.update
    async def doubled(self, _nothing: object = None) -> int:
        self._sum *= 2
        return self._sum


@asynccontextmanager
async def started(client: Client, *args: Any) -> AsyncIterator[WorkflowHandle[Any, int]]:
    queue = f"sums-{next(numbers)}"
    async with Worker(
        client,
        task_queue=queue,
        workflows=[Sum],
        interceptors=[InputCheck()],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        yield await client.start_workflow("Sum", args=args, id=queue, task_queue=queue, result_type=int)


async def test_a_start_without_its_input_fails_at_once(client: Client) -> None:
    async with started(client) as run:
        with pytest.raises(WorkflowFailureError) as failure:
            await run.result()
    assert isinstance(failure.value.cause, ApplicationError)
    assert failure.value.cause.type == "InvalidRequest"
    assert failure.value.cause.message.startswith("expected one input, got none; ")


@pytest.mark.parametrize("update", ["added", "added_if_positive"])
async def test_an_update_without_its_input_is_refused_and_harms_nothing(client: Client, update: str) -> None:
    async with started(client, Begin(number=1)) as run:
        with pytest.raises(WorkflowUpdateFailedError) as refusal:
            await run.execute_update(update)
        assert isinstance(refusal.value.cause, ApplicationError)
        assert refusal.value.cause.type == "InvalidRequest"
        assert refusal.value.cause.message.startswith("expected one input, got none; ")
        assert await run.execute_update(update, Add(number=10)) == 10
        assert await run.result() == 11


async def test_a_signal_without_its_input_is_one_line_in_the_log(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    async with started(client, Begin(number=1)) as run:
        await run.signal("add")
        assert await run.execute_update("added", Add(number=2)) == 2
        await run.signal("add", Add(number=8))
        assert await run.result() == 11
    [warning] = [record.message for record in caplog.records if "signal add ignored" in record.message]
    assert warning.startswith("signal add ignored: expected one input, got none")


async def test_a_handler_that_needs_no_input_gets_none(client: Client) -> None:
    async with started(client, Begin(number=1)) as run:
        await run.signal("count_up")
        assert await run.execute_update("doubled") == 2
        await run.signal("add", Add(number=8))
        assert await run.result() == 11


@workflow.defn
class Nothing:
    @workflow.run
    async def run(self) -> str:
        return "done"


async def test_a_run_that_takes_no_input_ignores_what_it_is_sent(client: Client) -> None:
    queue = f"nothing-{id(client)}"
    async with Worker(
        client,
        task_queue=queue,
        workflows=[Nothing],
        interceptors=[InputCheck()],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        nonsense: list[list[Any]] = [[], [{}], ["x"]]
        for number, sent in enumerate(nonsense):
            run = await client.start_workflow("Nothing", args=sent, id=f"{queue}-{number}", task_queue=queue)
            assert await run.result() == "done"
