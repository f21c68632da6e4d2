"""Audits in the storm, and the one at the end."""

import asyncio

import pytest
from temporalio.client import Client

from activities import audit
from tests.support.seller import eventually, seller
from tools.chaos.forces import audits
from tools.chaos.forces.record import Record


async def test_audits_run_one_after_the_other_and_the_last_one_says_what_it_found(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PAUSE_SECONDS", 0.0)
    async with seller(client) as shop, shop.working():
        record = Record()
        running = asyncio.create_task(audits.keep_auditing(shop.client, record, shop.task_queue))

        async def two() -> bool:
            return record.happened["audits in the storm"] >= 2

        await eventually(two)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        stranger = shop.platform.endpoints[0].endpoint_id
        shop.platform.set_status(stranger, "Active")
        [found] = await audits.audited(shop.client, shop.task_queue)
        assert (found.kind, found.endpoint_id) == ("active_without_owner", stranger)
