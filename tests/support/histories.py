"""Records the histories that tests/workflows/test_replay.py replays: ``python -m tests.support.histories``.

Each path is walked on a real server against the simulated SFT, and every run that came of it is written down, an event
a line. Runs in the wild have histories like these: code that cannot replay them would stop those runs.

The histories of each release stay. What is recorded here replaces ``NEWEST`` alone.
"""

import asyncio
import itertools
import json
import logging
import pathlib
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import pytest
from temporalio.client import Client, WorkflowFailureError, WorkflowUpdateFailedError

from contract.addon import Addon
from contract.adoption import IccidQuestion
from contract.purchase import PlanAmendment
from contract.stock import StockQuestion
from contract.workflow_ids import provision_id
from process.exit import leave
from tests.support.adoption import sold_elsewhere, taken_over, told_of, why_not
from tests.support.event_receiver import EventReceiver, listening
from tests.support.mailbox import Mailbox, mail_server
from tests.support.seller import PLAN, Run, Seller, eventually, seller
from tests.support.short_histories import short_histories
from tools.simulator.fault import Fault
from tools.simulator.plan import GIGABYTE
from workflows import claim, state, usage_watch
from workflows.handover import HandOver

HISTORIES: Final = pathlib.Path(__file__).parents[1] / "workflows" / "histories"
NEWEST: Final = HISTORIES / "1.0"
TRACES: Final = ("identity", "stackTrace", "workerVersion")
LIFECYCLE: Final = "EndPointLifeCycleChange"
SUBSCRIBE: Final = "SubscribeAddon"
PROFILE: Final = "GetEndPointProfile"


async def surplus_removed(shop: Seller, endpoint_id: str) -> None:
    async def removed() -> bool:
        return bool((await shop.subscription(endpoint_id)).surplus_removed)

    await eventually(removed)


async def plain_sale(shop: Seller) -> None:
    await shop.sell()


async def adoption(shop: Seller) -> None:
    shop.platform.order(Fault(call=SUBSCRIBE, kind="answer_lost"))
    await shop.sell()


async def sent_again_and_surplus(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.order(Fault(call=SUBSCRIBE, kind="late", delay_seconds=6))
    await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())

    await surplus_removed(shop, sold.endpoint_id)


async def quarantined(shop: Seller) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind="rejected"))
    await shop.sell()


async def stranger(shop: Seller) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind="already_active"))
    await shop.sell()


async def unanswered_activation(shop: Seller) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind="answer_lost"))
    await shop.sell()


async def amended_plan(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    await shop.reaches(run, "needs_attention")
    await run.execute_update("amend_plan", PlanAmendment(product="Wakanda Daily", plan_id="PLAN-WAKANDA-DAILY"))
    await run.result()


async def cancelled_at_needs_attention(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    await shop.reaches(run, "needs_attention")
    await run.cancel()
    with suppress(WorkflowFailureError):
        await run.result()


async def released(shop: Seller) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind="rate_limited", times=0))
    run = await shop.start()
    await shop.reaches(run, "activating")
    await run.cancel()
    with suppress(WorkflowFailureError):
        await run.result()


async def waiting_for_stock(shop: Seller) -> None:
    for endpoint in shop.platform.endpoints:
        shop.platform.set_status(endpoint.endpoint_id, "Active")
    run = await shop.start()
    await shop.reaches(run, "waiting_for_stock")
    shop.platform.add_esims(1)
    await run.result()


async def recalled(shop: Seller) -> None:
    purchase = shop.purchase()
    await shop.sell(purchase)
    again = await shop.client.start_workflow(
        "ProvisionEsimWorkflow", purchase, id=provision_id(purchase.purchase_id), task_queue=shop.task_queue
    )
    await again.result()


async def refused(shop: Seller) -> None:
    requests: list[list[object]] = [[], [{"purchase_id": "P 1"}], [shop.purchase()]]
    for number, args in enumerate(requests):
        run: Run = await shop.client.start_workflow(
            "ProvisionEsimWorkflow", args=args, id=f"provision-{shop.number}-{number}", task_queue=shop.task_queue
        )
        with suppress(WorkflowFailureError):
            await run.result()


async def not_sent(shop: Seller) -> None:
    shop.platform.order(Fault(call=SUBSCRIBE, kind="rate_limited", retry_after=1))
    await shop.sell()


async def outage(shop: Seller) -> None:
    sold = await shop.sell()
    shop.platform.order(Fault(call=PROFILE, kind="error_before", times=4))
    await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())
    await shop.settled(sold.endpoint_id)


async def handed_over_in_doubt(shop: Seller) -> None:
    shop.platform.order(Fault(call=SUBSCRIBE, kind="late", delay_seconds=6))
    sold = await shop.sell()
    await surplus_removed(shop, sold.endpoint_id)


async def unanswered(shop: Seller) -> bool:
    return shop.platform.faults["late"] > 0


async def cancelled_in_doubt(shop: Seller) -> None:
    shop.platform.order(Fault(call=SUBSCRIBE, kind="late", delay_seconds=6))
    run = await shop.start()
    claimed = await shop.reaches(run, "provisioning_addon")
    await eventually(lambda: unanswered(shop))
    await run.cancel()
    with suppress(WorkflowFailureError):
        await run.result()
    assert claimed.endpoint_id is not None
    await surplus_removed(shop, claimed.endpoint_id)
    await shop.run_of(claimed.endpoint_id).result()


async def bought_by_update(shop: Seller) -> None:
    sold = await shop.sell()
    run, purchase = shop.run_of(sold.endpoint_id), shop.addon()
    shop.platform.order(Fault(call=SUBSCRIBE, kind="rejected"))
    with suppress(WorkflowUpdateFailedError):
        await run.execute_update("purchase_addon", purchase)
    await run.execute_update("purchase_addon", purchase)
    with suppress(WorkflowUpdateFailedError):
        await run.execute_update("purchase_addon", purchase.model_copy(update={"product": "Another"}))
    await run.signal("addon_purchased", "nonsense")
    await run.signal("addon_purchased")
    await run.execute_update("purchase_addon", purchase)


async def top_ups(shop: Seller) -> None:
    sold = await shop.sell()
    for _ in range(12):
        await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())
        await shop.settled(sold.endpoint_id)
    shop.platform.order(Fault(call=SUBSCRIBE, kind="rejected"))
    await shop.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())
    await shop.settled(sold.endpoint_id)
    await shop.run_of(sold.endpoint_id).cancel()
    await shop.run_of(sold.endpoint_id).result()


async def used(shop: Seller) -> None:
    sold = await shop.sell(shop.purchase(email="traveler@example.com"))
    run = shop.run_of(sold.endpoint_id)
    await run.execute_update("purchase_addon", shop.addon())
    shop.platform.add_foreign_addon(sold.endpoint_id, PLAN)
    for gigabytes in (1, 26, 3):  # of 30 in the first
        shop.platform.use(sold.endpoint_id, gigabytes * GIGABYTE)
        await run.execute_update("refresh_usage")
    shop.platform.order(Fault(call=PROFILE, kind="error_before", times=3))
    with suppress(WorkflowUpdateFailedError):
        await run.execute_update("refresh_usage")
    await run.execute_update("close", {"reason": "customer_service"})
    await run.result()


async def mailed_again(shop: Seller) -> None:
    sold = await shop.sell(shop.purchase(email="travler@example.com"))
    await shop.run_of(sold.endpoint_id).execute_update("resend", {"email": "traveler@example.com"})

    async def is_sent() -> bool:
        delivery = (await shop.subscription(sold.endpoint_id)).delivery
        return delivery is not None and delivery.status == "sent"

    await eventually(is_sent)


async def suspended_and_resumed(shop: Seller) -> None:
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    await run.execute_update("name_esim", {"name": "Paris trip"})
    shop.platform.order(Fault(call=LIFECYCLE, kind="answer_lost"))
    await run.execute_update("suspend", {"reason": "non_payment"})
    await run.signal("addon_purchased", shop.addon())
    shop.platform.order(Fault(call=LIFECYCLE, kind="error_before", status=502))
    await run.execute_update("resume", {"reason": "system"})
    await shop.settled(sold.endpoint_id)
    shop.platform.order(Fault(call=LIFECYCLE, kind="rejected"))
    with suppress(WorkflowUpdateFailedError):
        await run.execute_update("close", {"reason": "system"})
    await run.signal("addon_purchased", shop.addon(plan_id="PLAN-UNHEARD-OF"))
    await shop.settled(sold.endpoint_id)


async def usage_read(shop: Seller, endpoint_id: str) -> None:
    async def looked() -> bool:
        return any(addon.usage for addon in (await shop.subscription(endpoint_id)).addons)

    await eventually(looked)


async def watched(shop: Seller) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "OWNER_LOOK", timedelta(seconds=2))
        sold = await shop.sell()
        await usage_read(shop, sold.endpoint_id)


async def looked_soon(shop: Seller) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(usage_watch, "SOON", timedelta(seconds=2))
        sold = await shop.sell()
        run = shop.run_of(sold.endpoint_id)
        for _ in range(3):
            await run.signal("look_soon")
        await usage_read(shop, sold.endpoint_id)


async def adopted_from_its_result(shop: Seller) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "OWNER_LOOK", timedelta(seconds=2))
        patch.setattr(claim, "HandOver", handed_over_as_another)
        sold = await shop.sell()
        await shop.becomes(sold.endpoint_id, "active")


def handed_over_as_another(addon: Addon, **told: Any) -> HandOver:
    """The subscription waits for no such purchase, and ignores it."""
    return HandOver(addon=addon.model_copy(update={"purchase_id": "P-another"}), **told)


async def counted_stock(shop: Seller) -> None:
    await shop.client.execute_workflow(
        "CountStockWorkflow", StockQuestion(), id=f"stock-{shop.task_queue}", task_queue=shop.task_queue
    )


async def taken_over_from_elsewhere(shop: Seller) -> None:
    """A dry run, an eSIM, the same once more, and one that is in stock."""
    endpoint, stock = sold_elsewhere(shop, addons=2), shop.platform.endpoints[1]
    adoption = told_of(endpoint, shop)
    for told in (adoption.model_copy(update={"dry_run": True}), adoption, adoption):
        await taken_over(shop, told)
    await why_not(shop, told_of(stock, shop))
    question = IccidQuestion(iccids=[endpoint.iccid, stock.iccid])
    await shop.client.execute_workflow(
        "FindEndpointsWorkflow", question, id=f"find-endpoints-{shop.task_queue}", task_queue=shop.task_queue
    )


Path = Callable[[Seller], Awaitable[None]]
PATHS: Final[tuple[Path, ...]] = (
    plain_sale,
    adoption,
    sent_again_and_surplus,
    quarantined,
    stranger,
    unanswered_activation,
    amended_plan,
    cancelled_at_needs_attention,
    released,
    waiting_for_stock,
    recalled,
    refused,
    not_sent,
    outage,
    handed_over_in_doubt,
    cancelled_in_doubt,
    bought_by_update,
    top_ups,
    used,
    suspended_and_resumed,
    watched,
    looked_soon,
    counted_stock,
    mailed_again,
    adopted_from_its_result,
    taken_over_from_elsewhere,
)


async def record(client: Client, path: Path, numbers: Iterator[int]) -> None:
    """Walks the path, and writes every run of it to a file of its own."""
    async with (
        listening(EventReceiver()) as portal_settings,
        mail_server(Mailbox()) as mail_settings,
        seller(client, numbers=numbers, **portal_settings, **mail_settings) as shop,
        shop.working(),
    ):
        await path(shop)
        runs = [run async for run in client.list_workflows(f"TaskQueue = '{shop.task_queue}'")]
        for number, run in enumerate(sorted(runs, key=lambda run: (run.start_time, run.id))):
            handle = client.get_workflow_handle(run.id, run_id=run.run_id)
            history = await handle.fetch_history()
            file = NEWEST / f"{path.__name__}-{number}-{run.workflow_type}.json"
            file.write_text(written(run.id, history.to_json_dict()["events"]))
        sys.stdout.write(f"{path.__name__}: {len(runs)} runs\n")


def written(workflow_id: str, events: list[object]) -> str:
    lines = ",\n".join(json.dumps(without_traces(event)) for event in events)
    return f'{{"workflow_id": "{workflow_id}", "history": {{"events": [\n{lines}\n]}}}}\n'


def without_traces(recorded: object) -> object:
    """Leaves out what tells about the machine that recorded it, which no replay looks at."""
    if isinstance(recorded, list):
        return [without_traces(part) for part in recorded]
    if isinstance(recorded, dict):
        return {name: without_traces(part) for name, part in recorded.items() if name not in TRACES}
    return recorded


async def main() -> None:
    """Replaces all recorded histories."""
    logging.getLogger("temporalio").setLevel(logging.CRITICAL)  # much goes wrong here on purpose
    NEWEST.mkdir(parents=True, exist_ok=True)
    for old in NEWEST.glob("*.json"):
        old.unlink()
    async with short_histories(events=60) as client:
        for position, path in enumerate(PATHS):
            await record(client, path, itertools.count(1000 * (position + 1) + 1))


if __name__ == "__main__":
    asyncio.run(main())
    leave(0)
