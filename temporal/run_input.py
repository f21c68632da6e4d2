"""What a run was started as: it stands in the first event of its history, and never changes.

Whoever may write to the namespace can start a run of any type under any id, with any input and search attributes. So
what a run says is worth something only where all of that fits together: anything else is ``NotOurs``.
"""

from collections.abc import Awaitable
from typing import Final, TypeVar

from temporalio.api.history.v1 import WorkflowExecutionStartedEventAttributes
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from contract.message import Message
from contract.purchase import ClaimedFor, EsimPurchase
from contract.search_attributes import PURCHASE_STEP
from contract.workflow_ids import PROVISION_TYPE, SUBSCRIPTION_TYPE, provision_id
from temporal.data_converter import converter_for

Input = TypeVar("Input", bound=Message)

NONSENSE: Final = (ApplicationError, ValueError)
"""What reading an input raises that is no such message."""


class NotOurs(Exception):
    """A run that is not what its id says: of another type, or started with ids that do not fit its own; or on the task
    queue of another seller, with whom a namespace may be shared."""


async def read_purchase(client: Client, run: WorkflowHandle[object, object], task_queue: str) -> EsimPurchase:
    """What the run of a first purchase was started with, on the seller's own task queue.

    Raises:
        NotOurs: if it is none: of another type, with another purchase in it than its id says, or with nonsense; or
            started with the step that only the purchase itself can be found by.
        Undecipherable: if it is encrypted with a key that is not here.
        RPCError: if the server does not know the run, or refuses.
    """
    started = await _started(run, task_queue)
    purchase = await _own_input(client, run, started, PROVISION_TYPE, EsimPurchase)
    is_stuck_from_the_start = PURCHASE_STEP.name in started.search_attributes.indexed_fields
    if run.id != provision_id(purchase.purchase_id) or is_stuck_from_the_start:
        raise NotOurs(run.id)
    return purchase


async def read_claim(client: Client, run: WorkflowHandle[object, object], task_queue: str) -> ClaimedFor:
    """The eSIM that the run of a subscription was started with, on the seller's own task queue, and the purchase that
    claimed it.

    Raises:
        NotOurs: if it is none: of another type, with another eSIM in it than its id says, or with nonsense.
        Undecipherable: if it is encrypted with a key that is not here.
        RPCError: if the server does not know the run, or refuses.
    """
    claim = await _own_input(client, run, await _started(run, task_queue), SUBSCRIPTION_TYPE, ClaimedFor)
    if not claim.fits(run.id):
        raise NotOurs(run.id)
    return claim


async def read_input(
    client: Client, run: WorkflowHandle[object, object], task_queue: str, workflow_type: str, input_type: type[Input]
) -> Input:
    """What a run of this type was started with, on the seller's own task queue.

    Raises:
        NotOurs: if it is of another type, or was started with nonsense.
        Undecipherable: if it is encrypted with a key that is not here.
        RPCError: if the server does not know the run, or refuses.
    """
    return await _own_input(client, run, await _started(run, task_queue), workflow_type, input_type)


async def if_ours(reading: Awaitable[Input]) -> Input | None:
    """What ``read_purchase`` or ``read_claim`` reads; None if it is no run of ours, or if the server knows none.

    Visibility may still list what the server has just forgotten.
    """
    try:
        return await reading
    except NotOurs:
        return None
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return None


async def _own_input(
    client: Client,
    run: WorkflowHandle[object, object],
    started: WorkflowExecutionStartedEventAttributes,
    workflow_type: str,
    input_type: type[Input],
) -> Input:
    if started.workflow_type.name != workflow_type:
        raise NotOurs(run.id)
    try:
        [message] = await converter_for(client, run.id).decode(started.input.payloads, [input_type])
        return input_type.model_validate(message)
    except NONSENSE:
        raise NotOurs(run.id) from None


async def _started(run: WorkflowHandle[object, object], task_queue: str) -> WorkflowExecutionStartedEventAttributes:
    async for event in run.fetch_history_events(page_size=1):
        started = event.workflow_execution_started_event_attributes
        if started.task_queue.name != task_queue:
            raise NotOurs(run.id)
        return started
    raise AssertionError("a history begins with the event that started it")
