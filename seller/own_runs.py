"""Runs that are what their ids say, told without a worker: what does not fit together is not found.

Everything that a seller's program shows of a run goes by here: what visibility lists, and what a worker or a result
says, is compared with what the run was started with.
"""

from temporalio.client import WorkflowHandle

from contract.esim import ProvisionedEsim
from contract.purchase import ClaimedFor, EsimPurchase
from contract.subscription import Subscription
from seller.errors import not_found
from seller.server import Server
from temporal.run_input import if_ours, read_claim, read_purchase


async def purchase_of(server: Server, run: WorkflowHandle[object, ProvisionedEsim]) -> EsimPurchase | None:
    """What the run of a first purchase was started with; None if there is none, or if it is no run of ours."""
    return await if_ours(server.answers(read_purchase(server.client, run, server.task_queue)))


async def known_claim(server: Server, run: WorkflowHandle[object, Subscription]) -> ClaimedFor | None:
    """What a subscription was started with; None if there is none, or if it is no run of ours."""
    return await if_ours(server.answers(read_claim(server.client, run, server.task_queue)))


async def claim_of(server: Server, run: WorkflowHandle[object, Subscription]) -> ClaimedFor:
    """What a subscription was started with. Raises a SellerError, ``NotFound``, if it is no run of ours."""
    if claim := await known_claim(server, run):
        return claim
    raise not_found(run.id)
