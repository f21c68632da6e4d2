"""An account in which every kind of finding of an audit is planted once."""

from collections.abc import Sequence

from contract.audit import AuditReport, Finding, FindingKind
from contract.order import LifecycleOrder
from contract.subscription import Subscription
from tests.support.seller import PLAN, Seller, eventually
from tools.simulator.fault import Fault

ORDER = LifecycleOrder(reason="system")


async def audited(shop: Seller) -> AuditReport:
    """The report of an audit that runs now."""
    report: AuditReport = await shop.client.execute_workflow(
        "AuditWorkflow", id=f"audit-{next(shop.numbers)}", task_queue=shop.task_queue, result_type=AuditReport
    )
    return report


async def visible(shop: Seller, *endpoint_ids: str, status: str | None = None) -> None:
    """Waits until visibility has these subscriptions, with this status."""
    for endpoint_id in endpoint_ids:
        query = f"WorkflowId = 'subscription-{endpoint_id}'"
        query += f" AND SubscriptionStatus = '{status}'" if status else ""

        async def is_listed(query: str = query) -> bool:
            return (await shop.client.count_workflows(query)).count > 0

        await eventually(is_listed)


async def planted(shop: Seller) -> dict[FindingKind, str]:
    """The endpoint of each kind. It needs ten eSIMs of the shop, and leaves two as they should be, one of them sold."""
    found: dict[FindingKind, str] = {}
    shop.platform.order(Fault(call="EndPointLifeCycleChange", kind="rejected"))
    await shop.sell()  # by another eSIM
    quarantined = shop.platform.endpoints[0].endpoint_id
    sold = [(await shop.sell()).endpoint_id for _ in range(6)]
    stranger = next(
        esim.endpoint_id
        for esim in shop.platform.endpoints
        if esim.status == "Pre-Active" and esim.endpoint_id != quarantined
    )
    suspended_there, suspended_here, lost, closed, strange, ended = sold
    await shop.run_of(suspended_here).execute_update("suspend", ORDER)
    await shop.run_of(closed).execute_update("close", ORDER)
    await shop.run_of(closed).result()
    shop.platform.add_foreign_addon(strange, PLAN)
    await shop.run_of(strange).execute_update("refresh_usage", result_type=Subscription)
    await shop.run_of(ended).terminate()
    for endpoint_id in (quarantined, suspended_here, closed, stranger):
        shop.platform.set_status(endpoint_id, "Active")
    shop.platform.set_status(suspended_there, "Suspended")
    shop.platform.set_status(lost, "Pre-Active")
    await visible(shop, quarantined, status="quarantined")
    await visible(shop, suspended_here, status="suspended")
    await visible(shop, closed, status="closed")
    await visible(shop, *sold)
    found |= {
        "active_without_owner": stranger,
        "owner_without_endpoint": lost,
        "suspended_though_active": suspended_there,
        "active_though_suspended": suspended_here,
        "active_though_closed": closed,
        "active_though_quarantined": quarantined,
        "unmatched": strange,
        "terminated": ended,
    }
    return found


def by_kind(findings: Sequence[Finding]) -> dict[FindingKind, str | None]:
    """The endpoint of each, of which there is one of a kind."""
    assert len({finding.kind for finding in findings}) == len(findings)
    return {finding.kind: finding.endpoint_id for finding in findings}
