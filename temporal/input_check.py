"""The interceptor of every worker that refuses a call without its input; one that cannot be read here waits."""

import inspect
from collections.abc import Sequence
from typing import Any

from temporalio import workflow
from temporalio.worker import (
    ExecuteWorkflowInput,
    HandleQueryInput,
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from temporal.data_converter import invalid_request
from temporal.encryption.sealed import SealedInput, Undecipherable
from temporal.unread_input import UnreadInput, WrittenByAnotherBuild


class InputCheck(Interceptor):
    """Refuses a start or an update without its input as ``InvalidRequest``, and ignores such a signal with a warning in
    the log.

    Left to itself, the SDK calls the method with an argument too few: the workflow task fails, and is retried for ever.
    More inputs than one are refused by the data converter, which sees them first.
    """

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        return _InputCheck


class _InputCheck(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        if not input.args:
            raise invalid_request("expected one input, got none")
        return await super().execute_workflow(input)

    async def handle_signal(self, input: HandleSignalInput) -> None:
        if not input.args and _needs_input(input.signal):
            workflow.logger.warning("signal %s ignored: expected one input, got none", input.signal)
            return
        _wait_until_readable(f"Signal {input.signal}", input.args)
        await super().handle_signal(input)

    async def handle_query(self, input: HandleQueryInput) -> Any:
        _wait_until_readable(f"Query {input.query}", input.args)
        return await super().handle_query(input)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:
        _refuse_without_input(input)
        for arg in input.args:
            if isinstance(arg, SealedInput):
                raise invalid_request(f"the input {arg.why}")
        super().handle_update_validator(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        _refuse_without_input(input)  # the SDK does not ask for validation where an update has no validator
        _wait_until_readable(f"Update {input.update}", input.args)  # it was accepted by a worker that had the key
        return await super().handle_update_handler(input)


def _refuse_without_input(update: HandleUpdateInput) -> None:
    if not update.args and _needs_input(update.update):
        raise invalid_request("expected one input, got none")


def _needs_input(name: str) -> bool:
    """Whether the handler of this name has a parameter without a default. Our handlers are called what they serve."""
    handler = getattr(workflow.instance(), name, None)
    if handler is None:
        return True
    return any(parameter.default is parameter.empty for parameter in inspect.signature(handler).parameters.values())


def _wait_until_readable(message: str, args: Sequence[object]) -> None:
    """Fails the workflow task, which Temporal tries again until a worker has the key, or is of a build that can."""
    for arg in args:
        if isinstance(arg, SealedInput):
            raise Undecipherable(f"{message} {arg.why}")
        if isinstance(arg, UnreadInput):
            raise WrittenByAnotherBuild(f"{message} {arg.why}")
