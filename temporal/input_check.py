"""The interceptor of every worker that refuses a call without its input, and sets a signal aside whose key is unknown.

A run is replayed by workers that have other keys than the one that was there first, and has to do the same on each.
So what it does with a signal that came encrypted never depends on whether it can be decrypted right here, but on what
stands in the history: whether this run has read anything under that key before, its own input to begin with. A signal
under another key is set aside, also where the key is at hand, and an activity opens it (workflows/set_aside.py).
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from temporalio import workflow
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    ExecuteWorkflowInput,
    HandleQueryInput,
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from temporal.data_converter import invalid_request, open_input
from temporal.encryption.sealed import NO_LABEL, EncryptedInput, Undecipherable
from temporal.reset import unless_reset
from temporal.unread_input import UnreadInput, WrittenByAnotherBuild


class KeepsAside(Protocol):
    """What a workflow has as ``set_aside`` whose signals are set aside where their key is not known to it."""

    def learn(self, key: str) -> None:
        """This run has read something under this key: whoever replays it needs the key."""

    def must_take(self, key: str) -> bool:
        """Whether a signal under this key is to be set aside."""

    def take(self, signal: str, encrypted: EncryptedInput) -> None:
        """Sets a signal aside."""


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
        if len(inspect.signature(input.run_fn).parameters) == 1:  # itself alone: what it is sent is ignored
            input.args = []
        elif not input.args and _has_required(input.run_fn):
            raise invalid_request("expected one input, got none")
        return await unless_reset(super().execute_workflow(input))

    async def handle_signal(self, input: HandleSignalInput) -> None:
        if not input.args and _needs_input(input.signal):
            workflow.logger.warning("signal %s ignored: expected one input, got none", input.signal)
            return
        keeper = _keeper()
        for arg in input.args:
            if keeper and isinstance(arg, EncryptedInput) and arg.key != NO_LABEL and keeper.must_take(arg.key):
                keeper.take(input.signal, arg)
                return
        try:
            input.args = _opened(f"Signal {input.signal}", input.args)
        except ApplicationError as refusal:
            workflow.logger.warning("signal %s ignored: %s", input.signal, refusal.message)
            return
        await super().handle_signal(input)

    async def handle_query(self, input: HandleQueryInput) -> Any:
        input.args = _opened(f"Query {input.query}", input.args)
        return await super().handle_query(input)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:
        _refuse_without_input(input)
        try:
            input.args = _opened("the input", input.args)
        except Undecipherable as reason:
            raise invalid_request(str(reason)) from None
        super().handle_update_validator(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        _refuse_without_input(input)  # the SDK does not ask for validation where an update has no validator
        keys = [arg.key for arg in input.args if isinstance(arg, EncryptedInput)]
        input.args = _opened(f"Update {input.update}", input.args)  # it was accepted by a worker that had the key
        for key in keys:
            if keeper := _keeper():
                keeper.learn(key)
        return await super().handle_update_handler(input)


def _keeper() -> KeepsAside | None:
    return getattr(workflow.instance(), "set_aside", None)


def _refuse_without_input(update: HandleUpdateInput) -> None:
    if not update.args and _needs_input(update.update):
        raise invalid_request("expected one input, got none")


def _needs_input(name: str) -> bool:
    """Whether the handler of this name has a parameter without a default. Ours are called what they serve, but for the
    signals of operators, which parts of a workflow take."""
    handler = getattr(workflow.instance(), name, None) or workflow.get_signal_handler(name)
    return handler is None or _has_required(handler)


def _has_required(function: Callable[..., Any]) -> bool:
    """Whether it has a parameter without a default. The first of a method that is not bound, ``self``, is none."""
    parameters = [parameter for name, parameter in inspect.signature(function).parameters.items() if name != "self"]
    return any(parameter.default is parameter.empty for parameter in parameters)


def _opened(message: str, args: Sequence[Any]) -> list[Any]:
    """The inputs as a handler takes them.

    Raises:
        ApplicationError: ``InvalidRequest`` if one of them is no message of the contract, or can never be read.
        Undecipherable, WrittenByAnotherBuild: which fail the workflow task: Temporal tries it again until a worker has
            the key, or is of a build that can read it.
    """
    opened = []
    for arg in args:
        try:
            read = open_input(arg, workflow.payload_converter()) if isinstance(arg, EncryptedInput) else arg
        except Undecipherable as reason:
            raise Undecipherable(f"{message} {reason}") from None
        if isinstance(read, UnreadInput):
            raise WrittenByAnotherBuild(f"{message} {read.why}")
        opened.append(read)
    return opened
