"""What a run was started with: it stands in the first event of its history, and never changes."""

from typing import TypeVar

from temporalio.client import Client, WorkflowHandle

from contract.message import Message
from contract.purchase import ClaimedFor, EsimPurchase
from contract.workflow_ids import is_subscription_id

Input = TypeVar("Input", bound=Message)


async def read_input(client: Client, run: WorkflowHandle[object, object], input_type: type[Input]) -> Input:
    """The one input that a workflow was started with.

    Raises:
        ApplicationError: ``InvalidRequest`` if it is no such message.
        ValueError: if there is not exactly one.
        Undecipherable: if it is encrypted with a key that is not here.
        RPCError: if the server does not know the run, or refuses.
    """
    async for event in run.fetch_history_events(page_size=1):
        payloads = event.workflow_execution_started_event_attributes.input.payloads
        [message] = await client.data_converter.decode(payloads, [input_type])
        return input_type.model_validate(message)
    raise AssertionError("a history begins with the event that started it")


async def read_first_purchase(client: Client, run: WorkflowHandle[object, object]) -> EsimPurchase:
    """The first purchase, as it was made, of a run of ProvisionEsimWorkflow or of the subscription that it claimed.

    Raises what ``read_input`` raises.
    """
    if is_subscription_id(run.id):
        return (await read_input(client, run, ClaimedFor)).purchase
    return await read_input(client, run, EsimPurchase)
