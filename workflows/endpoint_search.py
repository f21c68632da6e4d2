"""Finds the endpoints of SIMs by their ICCIDs, for who has no credentials for SFT."""

import asyncio

from temporalio import workflow
from temporalio.common import Priority

with workflow.unsafe.imports_passed_through():
    from activities.adoptions import AdoptionActivities
    from activities.messages import BACKGROUND, FoundSim, SimSearch
    from contract.adoption import FoundEndpoints, IccidQuestion
    from workflows.sft_calls import patiently


@workflow.defn
class FindEndpointsWorkflow:
    """Asks SFT for each SIM, one request an activity. It changes nothing."""

    @workflow.run
    async def run(self, question: IccidQuestion) -> FoundEndpoints:
        """The endpoints of those that SFT knows.

        Raises:
            ApplicationError: ``SftUnavailable`` if SFT did not answer for a day.
        """
        found = await asyncio.gather(*map(_find, question.iccids))
        pairs = zip(question.iccids, found, strict=True)
        return FoundEndpoints(endpoints={iccid: sim.endpoint_id for iccid, sim in pairs if sim.endpoint_id})


async def _find(iccid: str) -> FoundSim:
    return await patiently(
        AdoptionActivities.find_sim,
        SimSearch(iccid=iccid),
        f"Look for the endpoint of SIM {iccid}",
        workflow.set_current_details,
        priority=Priority(priority_key=BACKGROUND),
    )
