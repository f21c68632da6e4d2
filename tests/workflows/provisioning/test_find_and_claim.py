"""Step 1: finding an eSIM, and waiting for one while SFT has none or cannot be asked."""

from typing import Any

import pytest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import CancelledError

from contract.workflow_ids import hand_out_id
from tests.support.sales import failure, statuses
from tests.support.seller import Seller, eventually, seller
from tools.simulator.call import Call
from tools.simulator.fault import Fault


async def test_an_empty_inventory_is_waited_for_in_sight_and_without_alarm(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        run = await shop.start()
        waiting = await shop.reaches(run, "waiting_for_stock")
        assert "no eSIM" in waiting.detail

        hand_out: WorkflowHandle[Any, Any] = client.get_workflow_handle(hand_out_id(shop.task_queue))

        async def tried_again() -> bool:
            pending = (await hand_out.describe()).raw_description.pending_activities
            return bool(pending) and pending[0].attempt > 2

        await eventually(tried_again)
        assert caplog.text.count("waiting_for_stock: SFT has no eSIM available") == 1
        assert not [record for record in caplog.records if record.name == "temporalio.activity" and record.exc_info]
        [endpoint] = shop.platform.add_esims(1)
        assert (await run.result()).endpoint_id == endpoint.endpoint_id


async def test_an_inventory_that_stays_empty_fails_the_purchase(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        for wait in (0, 1):
            run = await shop.start(shop.purchase(stock_wait_seconds=wait))
            assert (await failure(run)).type == "NoEsimAvailable"
            assert (await shop.progress(run)).step == "failed"


async def test_wrong_credentials_are_waited_for_and_told(client: Client) -> None:
    async with seller(client) as shop:
        run = await shop.start()
        correct, shop.settings = shop.settings, {"sft_password": "wrong"}
        async with shop.working():

            async def told() -> bool:
                return "SFT_PASSWORD" in (await shop.progress(run)).detail

            await eventually(told)
        shop.settings = correct
        async with shop.working():
            assert (await run.result()).addon.status == "provisioned"


@pytest.mark.parametrize(
    "kind",
    ["broken_json", "html", "empty_body", "missing_field", "error_before", "reset", "timeout_text", "answer_lost"],
)
async def test_an_answer_that_cannot_be_used_is_asked_for_again(shop: Seller, kind: Any) -> None:
    calls: tuple[Call, ...] = ("login", "fetchSIM", "GetEndPointProfile")
    shop.platform.order(*(Fault(call=call, kind=kind) for call in calls))
    assert (await shop.sell()).addon.status == "provisioned"
    assert shop.platform.faults[kind] == len(calls)
    assert statuses(shop).count("Active") == 1


async def test_a_row_without_an_endpoint_or_an_activation_code_is_passed_over(shop: Seller) -> None:
    shop.platform.order(Fault(call="fetchSIM", kind="missing_field", field="activationCode"))
    shop.platform.order(Fault(call="fetchSIM", kind="missing_field", field="endPointId"))
    assert (await shop.sell()).addon.status == "provisioned"


async def test_cancelling_while_waiting_for_stock_ends_at_once(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        run = await shop.start()
        await shop.reaches(run, "waiting_for_stock")
        await run.cancel()
        with pytest.raises(WorkflowFailureError) as caught:
            await run.result()
        assert isinstance(caught.value.cause, CancelledError)
