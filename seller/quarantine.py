"""eSIMs that are quarantined: SFT may list them as available, and nobody is sold one."""

from typing import Final

from contract.search_attributes import STATUS
from contract.workflow_ids import SUBSCRIPTION_TYPE
from seller.search import listed
from seller.server import Server
from seller.timeline.opened import opened
from seller.timeline.run_facts import facts_of

MOST_COUNTED: Final = 100


async def quarantined(server: Server) -> str | None:
    """How many there are, and why the newest is, in one sentence; None if there is none.

    Raises a SellerError, ``NotRegistered``, if the namespace does not know the search attributes.
    """
    condition = f"ExecutionStatus IN ('Running', 'Completed') AND {STATUS.name} = 'quarantined'"
    runs = await listed(server, f"WorkflowType = '{SUBSCRIPTION_TYPE}' AND {condition}", MOST_COUNTED)
    if not runs:
        return None
    newest = runs[0]
    history = await server.answers(server.client.get_workflow_handle(newest.id, run_id=newest.run_id).fetch_history())
    run = await opened(server.client, newest.id, newest.run_id, history.events)
    why = next((fact.said for fact in facts_of([run]) if fact.what == "given_back"), "nobody here can read why.")
    number = f"{MOST_COUNTED} or more" if len(runs) == MOST_COUNTED else str(len(runs))
    return (
        f"Quarantined here, and sold to nobody, whatever SFT lists: {number} (starter.py list --status quarantined "
        f"shows which); the newest is {newest.id}: {why.removesuffix('.')}"
    )
