"""What a worker that is a version of a deployment runs in the place of ProvisionEsimWorkflow."""

from temporalio import workflow
from temporalio.common import VersioningBehavior

with workflow.unsafe.imports_passed_through():
    from contract.esim import ProvisionedEsim
    from contract.purchase import EsimPurchase
    from workflows.provisioning import ProvisionEsimWorkflow


# A class of its own, because the server refuses what a worker without a version says about versions.
@workflow.defn(name="ProvisionEsimWorkflow", versioning_behavior=VersioningBehavior.PINNED)
class PinnedProvisioning(ProvisionEsimWorkflow):
    """The same workflow, which ends on the version that it began on: it takes minutes, a day at most."""

    @workflow.run
    async def run(self, purchase: EsimPurchase) -> ProvisionedEsim:
        return await super().run(purchase)
