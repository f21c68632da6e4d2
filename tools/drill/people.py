"""Incidents that begin with an operator, or with how a worker was started."""

import asyncio
from typing import Any, Final

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import PauseActivityRequest
from temporalio.client import WorkflowHandle

from contract.order import LifecycleOrder, RefundOrder
from contract.workflow_ids import provision_id
from tools.demo.child import LOOK_SECONDS
from tools.drill.buying import purchase, sold, top_up
from tools.drill.system import MISTYPED, System
from tools.drill.ticket import DESK, KIOSK, Ticket
from tools.simulator.fault import Fault

ALEX: Final = "alex@ops-laptop"


async def paused(system: System) -> Ticket:
    """Somebody paused the look for an eSIM while SFT was away. To be planted before all others: SFT is away for all."""
    seller = await system.seller()
    system.sft.order(Fault(call="fetchSIM", kind="error_before", times=0, status=502))
    await seller.sales.start(purchase(1012))
    run = seller.client.get_workflow_handle(provision_id("P-1012"))
    alex = await system.client(ALEX)
    pause = PauseActivityRequest(
        namespace=alex.namespace,
        execution=WorkflowExecution(workflow_id=run.id),
        identity=ALEX,
        id=await _tried_again(run),
        reason="SFT is down",
    )
    await alex.workflow_service.pause_activity(pause)
    system.sft.clear_faults()
    return Ticket(
        says='"Order P-1012 has been stuck since last night."',
        cause="an operator paused its activity while SFT was away, and nobody let it go on",
        answer="temporal activity unpause, as why shows it",
        command=("why", "P-1012"),
        words="paused`, since … by …",
        signs=(r"paused since [\d:]+ UTC by alex@ops-laptop \(SFT is down\), until: temporal activity unpause",),
    )


async def _tried_again(run: WorkflowHandle[Any, Any]) -> str:
    """The id of its activity, once that has failed."""
    while True:
        for activity in (await run.describe()).raw_description.pending_activities:
            if activity.attempt > 1:
                return activity.activity_id
        await asyncio.sleep(LOOK_SECONDS)


async def suspended(system: System) -> Ticket:
    """Billing suspended the eSIM; a top-up waits."""
    seller = await system.seller()
    esim = await sold(system, 1005)
    order = LifecycleOrder(reason="non_payment", ordered_by="billing")
    await seller.subscriptions.change(esim.endpoint_id, "suspend", order)
    await seller.addons.send(esim.endpoint_id, top_up(1006))
    return Ticket(
        says='"I paid for a top-up and have no data. P-1006."',
        cause="billing suspended the eSIM for non payment; the top-up waits for its resume",
        answer="billing decides: resume provisions it by itself; otherwise remove-addon, and pay it back",
        command=("why", "P-1006"),
        words="It waits: the eSIM is suspended",
        signs=(r"suspended, as billing ordered at .* \(non payment\)",),
    )


async def terminated(system: System) -> Ticket:
    """An operator terminated a subscription by hand."""
    esim = await sold(system, 1007)
    run = (await system.client(ALEX)).get_workflow_handle(esim.subscription_id)
    await run.terminate(reason="looked stuck")
    return Ticket(
        says='"Your page says that I have no eSIM yet, but I am online with it! T-1007."',
        cause="alex terminated the subscription's workflow by hand",
        answer="starter.py restore; do not sell again; tell alex",
        command=("history", "T-1007"),
        words="was terminated by …",
        signs=(r"terminated by alex@ops-laptop: looked stuck\. starter\.py restore",),
    )


async def given_back(system: System) -> Ticket:
    """An operator gave the eSIM back on the company's word."""
    esim = await sold(system, 1018)
    order = RefundOrder(reason="asked for by their company", ordered_by="anna")
    await (await system.seller()).repayments.refund(esim.endpoint_id, order)
    return Ticket(
        says='"My eSIM has stopped working, and I never used it. T-1018."',
        cause="anna gave it back, as their company had asked",
        answer="it is closed for good, and paid back: they buy another, or ask their company",
        command=("history", "T-1018"),
        words="Ordered to give the eSIM back, by …",
        signs=(r"Ordered to give the eSIM back, by anna: asked for by their company",),
    )


async def mistyped_queue(system: System) -> Ticket:
    """The desk's worker polls a queue whose name is mistyped."""
    await (await system.seller(DESK, "77@corporate-desk")).sales.start(purchase(3001))
    return Ticket(
        says='The corporate desk: "Our order P-3001 hangs. Our worker is up, and says that it is ready."',
        cause=f"its worker polls {MISTYPED} instead of {DESK}",
        answer="correct ESIM_TASK_QUEUE of that worker, and restart it; nothing is sent again",
        command=("why", "P-3001"),
        words="is ESIM_TASK_QUEUE mistyped there?",
        signs=(rf"similar name: {MISTYPED}, by \d+@\S+: is ESIM_TASK_QUEUE mistyped there\?",),
        queue=DESK,
    )


async def nobody_polls(system: System) -> Ticket:
    """The kiosk has no worker at all."""
    await (await system.seller(KIOSK, "5@kiosk")).sales.start(purchase(4001))
    return Ticket(
        says='The kiosk at the airport: "P-4001 does not come, and the customer stands here."',
        cause="no worker polls the kiosk's queue",
        answer="start its worker: the order goes on by itself",
        command=("why", "P-4001"),
        words="which no worker polls`",
        signs=(r"No worker polls task queue kiosk; start one",),
        queue=KIOSK,
    )
