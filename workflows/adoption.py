"""Takes over an eSIM that was sold before this product came. It reads at SFT, and changes nothing there."""

from typing import Final

from temporalio import workflow
from temporalio.common import Priority

with workflow.unsafe.imports_passed_through():
    from activities.adoptions import AdoptionActivities
    from activities.messages import BACKGROUND, Endpoint, FoundSim, SimSearch, SoldEsim, Takeover
    from contract.adoption import Adopted, Adoption
    from contract.workflow_ids import adoption_id
    from workflows.adopted import AdoptedEsim, refusal
    from workflows.lock import claim
    from workflows.own_id import require_own_workflow_id
    from workflows.policies import PATIENT
    from workflows.sft_calls import call, patiently

LAST: Final = Priority(priority_key=BACKGROUND)
"""Sales go first."""


@workflow.defn
class AdoptEsimWorkflow:
    """Makes a subscription of an eSIM that a traveler has, as SFT has it. It holds the endpoint from then on, as if the
    eSIM had been sold here: starting it is the claim, as in a sale.
    """

    @workflow.run
    async def run(self, adoption: Adoption) -> Adopted:
        """What was taken over; also if that was done before, which is not done again.

        Raises:
            ApplicationError: ``InvalidRequest`` if it cannot be taken over, as the message says: nothing was changed
                then; ``SftUnavailable`` if SFT did not answer for a day.
        """
        expected = adoption_id(adoption.endpoint_id, dry_run=adoption.dry_run)
        require_own_workflow_id(expected, f"the adoption of endpoint {adoption.endpoint_id}")
        if known := await self._known(adoption):
            return known
        esim = AdoptedEsim(adoption, await self._read(adoption))
        sim = await self._find_sim(esim.iccid)
        esim.require_attached(sim)
        if adoption.dry_run:
            return esim.told("possible")
        state = esim.state(sim, workflow.now())
        if await claim(
            state, f"eSIM of traveler {adoption.traveler_id} on endpoint {adoption.endpoint_id}, taken over"
        ):
            return esim.told("adopted")
        if known := await self._known(adoption):
            return known
        raise refusal(adoption, "somebody claimed it a moment ago, and released it again: take it over once more")

    async def _known(self, adoption: Adoption) -> Adopted | None:
        """What is known of it here, if it is its traveler's already; refuses what is anybody else's."""
        takeover = Takeover(
            endpoint_id=adoption.endpoint_id, purchase_ids=[addon.purchase_id for addon in adoption.addons]
        )
        summary = f"Does anybody hold endpoint {adoption.endpoint_id}?"
        look = await call(AdoptionActivities.look_at_holder, takeover, PATIENT, summary, priority=LAST)
        if look.holder is None:
            for purchase_id, run in look.known.items():
                raise refusal(adoption, f"purchase {purchase_id} was made here: {run} knows it")
            return None
        if why := look.holder.why_not(adoption.traveler_id):
            raise refusal(adoption, why)
        return Adopted(
            outcome="known",
            subscription_id=look.holder.subscription_id,
            traveler_id=adoption.traveler_id,
            endpoint_id=adoption.endpoint_id,
        )

    async def _read(self, adoption: Adoption) -> SoldEsim:
        summary = f"Read what endpoint {adoption.endpoint_id} is, and has"
        endpoint = Endpoint(endpoint_id=adoption.endpoint_id)
        look = await patiently(
            AdoptionActivities.read_esim, endpoint, summary, workflow.set_current_details, priority=LAST
        )
        if look.esim is None:
            raise refusal(adoption, look.refusal)
        return look.esim

    async def _find_sim(self, iccid: str) -> FoundSim:
        summary = f"Look for the activation code of SIM {iccid}"
        search = SimSearch(iccid=iccid, wants_code=True)
        return await patiently(
            AdoptionActivities.find_sim, search, summary, workflow.set_current_details, priority=LAST
        )
