"""The workflows that a worker carries out: with a version of a deployment, and without."""

from typing import Final

from workflows.adoption import AdoptEsimWorkflow
from workflows.audit import AuditWorkflow
from workflows.endpoint_search import FindEndpointsWorkflow
from workflows.last_state import ReadLastStateWorkflow
from workflows.pinned import PinnedProvisioning
from workflows.plan import LookUpPlanWorkflow
from workflows.provisioning import ProvisionEsimWorkflow
from workflows.sales_record import RecordSalesWorkflow
from workflows.stock import CountStockWorkflow
from workflows.stock_queue import HandOutStockWorkflow
from workflows.subscription import TravelerSubscriptionWorkflow
from workflows.telling import TellPortalWorkflow
from workflows.unowned import SuspendUnownedWorkflow

UNPINNED_WORKFLOWS: Final = [
    *(TravelerSubscriptionWorkflow, CountStockWorkflow, ReadLastStateWorkflow, TellPortalWorkflow),
    *(AuditWorkflow, SuspendUnownedWorkflow, AdoptEsimWorkflow, FindEndpointsWorkflow, RecordSalesWorkflow),
    *(HandOutStockWorkflow, LookUpPlanWorkflow),
]
WORKFLOWS: Final = [ProvisionEsimWorkflow, *UNPINNED_WORKFLOWS]
VERSIONED_WORKFLOWS: Final = [PinnedProvisioning, *UNPINNED_WORKFLOWS]
