"""An audit of 20,000 endpoints, while something is sold."""

import asyncio
import itertools
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import pytest
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from activities import audit
from contract.audit import AuditReport
from contract.search_attributes import STATUS
from contract.workflow_ids import SUBSCRIPTION_TYPE, subscription_id
from tests.support.seller import Seller, eventually, seller

pytestmark = [pytest.mark.many, pytest.mark.timeout(600)]

ENDPOINTS: Final = 20_000
SOLD: Final = 600
STRANGERS: Final = 1_100

STARTS_AT_ONCE: Final = 50

MOST_EVENTS: Final = 3_000
MOST_BYTES: Final = 2 * 1024 * 1024
"""Of a whole history, although Temporal takes as much in a single payload."""


async def held(shop: Seller, endpoint_ids: Sequence[str]) -> None:
    """Subscriptions of these endpoints, as visibility shows them: they are not due to begin before tomorrow."""
    active = TypedSearchAttributes([SearchAttributePair(STATUS, "active")])
    left = iter(endpoint_ids)

    async def start_some() -> None:
        for endpoint_id in left:
            await shop.client.start_workflow(
                SUBSCRIPTION_TYPE,
                id=subscription_id(endpoint_id),
                task_queue=shop.task_queue,
                search_attributes=active,
                start_delay=timedelta(days=1),
            )

    await asyncio.gather(*(start_some() for _ in range(STARTS_AT_ONCE)))

    async def are_listed() -> bool:
        query = f"WorkflowType = '{SUBSCRIPTION_TYPE}' AND TaskQueue = '{shop.task_queue}'"
        return (await shop.client.count_workflows(query)).count == len(endpoint_ids)

    await eventually(are_listed)


async def test_twenty_thousand_endpoints_are_audited_in_small_histories_while_sales_go_on(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PAUSE_SECONDS", 0.0)
    async with seller(client, esims=ENDPOINTS) as shop, shop.working():
        all_of_them = [endpoint.endpoint_id for endpoint in shop.platform.endpoints]
        sold, strangers = all_of_them[:SOLD], all_of_them[-STRANGERS:]
        await held(shop, sold)
        for endpoint_id in itertools.chain(sold, strangers):
            shop.platform.set_status(endpoint_id, "Active")
        run = await shop.client.start_workflow(
            "AuditWorkflow", id=f"audit-{shop.number}", task_queue=shop.task_queue, result_type=AuditReport
        )
        began = time.monotonic()
        await asyncio.wait_for(shop.sell(), 100)
        assert time.monotonic() - began < 30
        report = await asyncio.wait_for(run.result(), 400)
        assert report.counts == {"active_without_owner": STRANGERS}
        assert [one.endpoint_id for one in report.findings] == strangers[:1000]
        assert (sum(report.listed.values()), report.unchecked) == (ENDPOINTS, 0)
        assert report.subscriptions >= SOLD
        runs = [found async for found in shop.client.list_workflows(f"WorkflowId = '{run.id}'")]
        assert len(runs) > 1
        for found in runs:
            history = shop.client.get_workflow_handle(found.id, run_id=found.run_id).fetch_history_events()
            sizes = [event.ByteSize() async for event in history]
            assert (len(sizes) < MOST_EVENTS, sum(sizes) < MOST_BYTES) == (True, True)
