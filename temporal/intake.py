"""Refuses what cannot be read, in one sentence, before anything is touched.

Left to itself, the SDK answers an undecodable workflow input, or a signal with an argument too few, with a workflow
task that fails and is retried for ever; an undecodable signal is dropped with a traceback; and an undecodable update is
refused as a RuntimeError. Here all of them become ``InvalidRequest``, or one line in the log for a signal.

What is only encrypted with a key that this worker lacks is another matter: the operator can give it the key. Until
then a start or a signal waits, as a workflow task that fails and names the key, and no purchase is lost; an update and
a query are answered with that at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import DataConverter
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

from contract.failure import INVALID_REQUEST
from contract.purchase import AddonPurchase, EsimPurchase, PlanAmendment, PurchaseReference
from contract.stock import StockQuestion
from contract.subscription import LifecycleOrder
from temporal.encryption.failures import NamingKeys
from temporal.encryption.sealed import Undecipherable, is_altered, why_sealed
from workflows.handover import GiveBack, HandOver
from workflows.state import SubscriptionState

MESSAGES: Final = (
    EsimPurchase,
    AddonPurchase,
    PurchaseReference,
    PlanAmendment,
    LifecycleOrder,
    SubscriptionState,
    HandOver,
    GiveBack,
    StockQuestion,
)
"""What portals and other workflows send. Results of our own activities are not among them: one that cannot be read is
a worker of the wrong version, and there a workflow task that waits for the right one is just what is wanted."""

TO_HANDLERS: Final = {AddonPurchase, PurchaseReference, PlanAmendment, LifecycleOrder, HandOver, GiveBack, str}
"""What signals, updates and queries bring; ``str`` is what ``cleaned_up`` does, and no activity of ours returns it."""

WITHOUT_INPUT: Final = {"refresh_usage", "look_soon"}
"""Updates and signals that take none."""

PERSONAL: Final = {"email", "msisdn", "activation_code"}
"""Fields whose value is not repeated in an error message."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """In the place of a message that cannot be decrypted: the SDK would drop a signal without it. ``why`` is for the
    operator."""

    why: str


class StrictPayloadConverter(PydanticPayloadConverter):
    """Pydantic JSON, but a message that cannot be decoded is an ``InvalidRequest``."""

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """Decodes the arguments of one call.

        Raises:
            ApplicationError: ``InvalidRequest`` if they are not what a message of the contract looks like.
            Undecipherable: if they are a start or a result, encrypted with a key that is not known here. For other
                messages there is a ``Sealed`` in their place.
        """
        if type_hints is None and len(payloads) > 1:  # the SDK drops the hints where their number does not fit
            raise invalid_request(f"expected one input, got {len(payloads)}")
        if why := why_sealed(payloads):
            return self._sealed(payloads, type_hints, why)
        if not _are_messages(type_hints):
            return super().from_payloads(payloads, type_hints)
        try:
            messages = super().from_payloads(payloads, type_hints)
        except ValidationError as error:
            raise invalid_request(_sentence(error)) from None
        except Exception as error:
            raise invalid_request(f"the input cannot be decoded ({type(error).__name__})") from None
        if not all(isinstance(message, MESSAGES) for message in messages):  # null, or bytes
            raise invalid_request("the input is not a JSON object")
        return messages

    @staticmethod
    def _sealed(payloads: Sequence[Payload], type_hints: list[type] | None, why: str) -> list[Any]:
        if is_altered(payloads) and (_are_messages(type_hints) or type_hints == [str]):
            raise invalid_request(f"the input {why}")
        if TO_HANDLERS.issuperset(type_hints or [object]):
            return [Sealed(why)] * len(payloads)
        raise Undecipherable(f"What Temporal keeps of this {why}")


data_converter = DataConverter(payload_converter_class=StrictPayloadConverter, failure_converter_class=NamingKeys)
"""For every client and worker of ours; with a codec of temporal/encryption/ where there are keys. A portal may use any
JSON converter."""


class Intake(Interceptor):
    """Refuses calls with the wrong number of inputs."""

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        return _ArityCheck


class _ArityCheck(WorkflowInboundInterceptor):
    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        if not input.args:
            raise invalid_request("expected one input, got none")
        return await super().execute_workflow(input)

    async def handle_signal(self, input: HandleSignalInput) -> None:
        if not input.args and input.signal not in WITHOUT_INPUT:
            workflow.logger.warning("signal %s ignored: expected one input, got none", input.signal)
            return
        _wait_for_the_key(f"Signal {input.signal}", input.args)
        await super().handle_signal(input)

    async def handle_query(self, input: HandleQueryInput) -> Any:
        _wait_for_the_key(f"Query {input.query}", input.args)
        return await super().handle_query(input)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:
        if not input.args and input.update not in WITHOUT_INPUT:
            raise invalid_request("expected one input, got none")
        for sealed in _sealed(input.args):
            raise invalid_request(f"the input {sealed.why}")
        super().handle_update_validator(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        _wait_for_the_key(f"Update {input.update}", input.args)  # it was accepted by a worker that had the key
        return await super().handle_update_handler(input)


def _sealed(args: Sequence[object]) -> list[Sealed]:
    return [arg for arg in args if isinstance(arg, Sealed)]


def _wait_for_the_key(message: str, args: Sequence[object]) -> None:
    """Fails the workflow task, which Temporal tries again until a worker has the key."""
    for sealed in _sealed(args):
        raise Undecipherable(f"{message} {sealed.why}")


def invalid_request(sentence: str) -> ApplicationError:
    """A refusal that says what is wrong and what to do."""
    return ApplicationError(
        f"{sentence}; correct the request and send it again", type=INVALID_REQUEST, non_retryable=True
    )


def _are_messages(type_hints: list[type] | None) -> bool:
    return any(hint in MESSAGES or hint == SubscriptionState | None for hint in type_hints or ())


def _sentence(error: ValidationError) -> str:
    faults = []
    for fault in error.errors(include_url=False, include_context=False):
        field = ".".join(str(part) for part in fault["loc"]) or "input"
        shown = fault["type"] != "missing" and PERSONAL.isdisjoint(map(str, fault["loc"]))
        faults.append(f"{field}: {fault['msg']}{_value(fault['input']) if shown else ''}")
    return "; ".join(faults)


def _value(value: object) -> str:
    """Nothing for an object or a list, and for what looks like an address or a code that is in the wrong field."""
    text = repr(value)
    if isinstance(value, dict | list) or "@" in text or "LPA:" in text.upper():
        return ""
    return f", got {text if len(text) <= 80 else text[:77] + '...'}"
