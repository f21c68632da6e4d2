"""Activities that look at an eSIM that was sold elsewhere, before it is taken over: they change nothing anywhere."""

from collections.abc import Iterator
from typing import Final

from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus

from activities.failures import as_application_errors
from activities.inventory import installable_code
from activities.messages import Endpoint, FoundSim, SimSearch, SoldEsim, SoldEsimLook, Takeover, TakeoverLook
from activities.usage import UsageActivities
from contract.search_attributes import FIRST_PURCHASE_ID
from contract.workflow_ids import is_provision_id, is_subscription_id, provision_id, subscription_id
from sft.client import SftClient
from sft.errors import Rejected
from temporal.holder import holder_of
from temporal.run_input import if_ours, read_claim, read_purchase

MOST_AT_ONCE: Final = 50
"""Purchase ids in one query of visibility."""

SOLD: Final = (WorkflowExecutionStatus.RUNNING, WorkflowExecutionStatus.COMPLETED)
"""What the run of a purchase is that sells or has sold. What another has sold, its subscription says."""


class AdoptionActivities:
    """Looks at SFT and at Temporal. ``usage`` is who reads what is left of add-ons."""

    def __init__(self, sft: SftClient, client: Client, usage: UsageActivities) -> None:
        self._sft = sft
        self._client = client
        self._usage = usage

    @activity.defn
    async def look_at_holder(self, takeover: Takeover) -> TakeoverLook:
        """Who holds the endpoint here, and which of the purchases were made here, of another eSIM or as a sale that is
        under way. Whether a purchase was, visibility tells, which may lag some moments behind.
        """
        return TakeoverLook(
            holder=await holder_of(self._client, takeover.endpoint_id, activity.info().task_queue),
            known=await self._known_here(takeover),
        )

    async def _known_here(self, takeover: Takeover) -> dict[str, str]:
        known: dict[str, str] = {}
        for query in _queries(takeover.purchase_ids):
            async for run in self._client.list_workflows(query):
                if run.id == subscription_id(takeover.endpoint_id):
                    continue
                is_sale = is_provision_id(run.id) and run.status in SOLD
                if (is_sale or is_subscription_id(run.id)) and (bought := await self._bought_by(run.id, run.run_id)):
                    known[bought] = run.id
        return {purchase_id: known[purchase_id] for purchase_id in takeover.purchase_ids if purchase_id in known}

    async def _bought_by(self, workflow_id: str, run_id: str) -> str | None:
        """The purchase id that this run was started with; None if it is no run of ours, or was forgotten just now."""
        run, queue = self._client.get_workflow_handle(workflow_id, run_id=run_id), activity.info().task_queue
        if is_provision_id(workflow_id):
            purchase = await if_ours(read_purchase(self._client, run, queue))
            return purchase.purchase_id if purchase else None
        claim = await if_ours(read_claim(self._client, run, queue))
        return claim.purchase.purchase_id if claim else None

    @activity.defn
    async def read_esim(self, endpoint: Endpoint) -> SoldEsimLook:
        """What SFT says of the eSIM on an endpoint: its state, its numbers, its add-ons and what is left of them
        (GetEndPointProfile).

        Raises:
            ApplicationError: ``SftUnavailable``, ``SftUnanswered`` or ``SftAuthenticationFailed``.
        """
        with as_application_errors():
            try:
                profile = await self._sft.get_endpoint_profile(endpoint.endpoint_id)
            except Rejected as refusal:
                return SoldEsimLook(refusal=str(refusal))
        return SoldEsimLook(
            esim=SoldEsim(
                status=profile.status,
                iccid=profile.iccid,
                msisdn=profile.msisdn,
                reading=self._usage.reading_of(profile, profile.iccid or "", profile.msisdn),
                names={row.unique_id: row.name for row in profile.instances if row.unique_id and row.name},
            )
        )

    @activity.defn
    async def find_sim(self, search: SimSearch) -> FoundSim:
        """The SIM with this ICCID (fetchSIM); nothing of it where SFT knows none, or refuses to say.

        Raises:
            ApplicationError: ``SftUnavailable``, ``SftUnanswered`` or ``SftAuthenticationFailed``.
        """
        with as_application_errors():
            try:
                sim = await self._sft.find_sim(search.iccid)
            except Rejected:
                sim = None
        if sim is None:
            return FoundSim()
        code = installable_code(sim) if search.wants_code else None
        return FoundSim(endpoint_id=sim.endpoint_id, activation_code=code)


def _queries(purchase_ids: list[str]) -> Iterator[str]:
    for first in range(0, len(purchase_ids), MOST_AT_ONCE):
        some = purchase_ids[first : first + MOST_AT_ONCE]
        sales = ", ".join(f"'{provision_id(purchase_id)}'" for purchase_id in some)
        firsts = ", ".join(f"'{purchase_id}'" for purchase_id in some)
        yield f"(WorkflowId IN ({sales}) OR {FIRST_PURCHASE_ID.name} IN ({firsts})) AND ExecutionStatus != 'Failed'"
