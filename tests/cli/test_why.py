import asyncio
import re
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from temporalio.api.enums.v1 import PendingActivityState
from temporalio.client import Client, WorkflowFailureError
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.worker import Worker

from contract.workflow_ids import hand_out_id
from seller.sales import start_run
from temporal.data_converter import data_converter_with
from tests.support.encrypting_shop import encrypting_shop
from tests.support.encryption_keys import key, ring
from tests.support.seller import Seller, eventually, seller
from tests.support.terminal import Terminal, terminal_of
from tools.simulator.fault import Fault
from workflows.stock import CountStockWorkflow


async def test_an_activity_that_keeps_failing_is_shown_with_why_and_when_it_is_tried_again(
    shop: Seller, terminal: Terminal
) -> None:
    shop.platform.order(Fault(call="fetchSIM", kind="error_before", times=0, status=502))
    run = await shop.start()

    async def failing() -> bool:
        return any(activity.attempt > 1 for activity in (await run.describe()).raw_description.pending_activities)

    await eventually(failing)
    found = await terminal.run("why", run.id, "--json")
    assert found.code == 0
    [waiting] = found.document["waiting"]
    assert (found.document["status"], waiting["activity"]) == ("running", "find_esim")
    assert waiting["attempt"] > 1
    assert "502" in waiting["last_failure"]
    shop.platform.clear_faults()


async def test_an_activity_that_an_operator_paused_is_shown_with_the_command_that_lets_it_go_on(
    shop: Seller, terminal: Terminal
) -> None:
    shop.platform.order(Fault(call="fetchSIM", kind="error_before", times=0, status=502))
    run = await shop.start()

    async def stands_in(state: int) -> bool:
        return any(activity.state == state for activity in (await run.describe()).raw_description.pending_activities)

    await eventually(lambda: stands_in(PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED))
    await temporal(shop, f"temporal activity pause --workflow-id {run.id} --activity-id 1 --identity alex")
    await eventually(lambda: stands_in(PendingActivityState.PENDING_ACTIVITY_STATE_PAUSED))
    shop.platform.clear_faults()
    words = " ".join((await terminal.run("why", run.id)).output.split())
    assert re.search(r"Waits for find_esim, attempt \d, paused since [\d:]{8} UTC by alex, until: temporal", words)
    [command] = re.findall(r"until: (temporal activity unpause --workflow-id \S+ --activity-id \d+):", words)
    await temporal(shop, command)
    assert (await run.result()).endpoint_id


async def temporal(shop: Seller, command: str) -> None:
    program, *words = command.split()
    address = ("--address", shop.client.service_client.config.target_host)
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).parent / program, *words, *address, stdout=asyncio.subprocess.PIPE
    )
    await process.communicate()
    assert process.returncode == 0


async def test_a_call_to_sft_that_the_ceiling_holds_back_is_told_to_wait_for_its_turn(client: Client) -> None:
    async with seller(client, sft_max_requests_per_second=0.1) as shop, shop.working():
        run = await shop.start()

        async def held_back() -> bool:
            words = " ".join((await terminal_of(shop).run("why", run.id)).output.split())
            its_turn = "or its turn under SFT_MAX_REQUESTS_PER_SECOND has not come"
            return its_turn in words and "keeps a ceiling of 0.1 calls to SFT a second" in words

        await eventually(held_back)
        stop = f"temporal task-queue config set --task-queue {shop.task_queue} --task-queue-type activity"
        await temporal(shop, f"{stop} --queue-rps-limit 0 --queue-rps-limit-reason maintenance --identity alex")
        words = " ".join((await terminal_of(shop).run("why", run.id)).output.split())
        assert re.search(
            r"a ceiling of 0 calls to SFT a second for \S+, set at .* UTC by alex \(maintenance\): nothing", words
        )
        await run.terminate()


async def test_it_tells_which_key_is_missing_and_that_no_worker_has_taken_up_the_next_step(client: Client) -> None:
    async with encrypting_shop(client) as shop:
        run = await shop.start()
        terminal = Terminal(terminal_of(shop).variables | {"ESIM_ENCRYPTION_KEYS": key(2)})
        found = await terminal.run("why", run.id)
        words = " ".join(found.output.split())
        assert words.count("polls task queue") == 3
        assert "Waits for a worker: its workflow task is in the task queue since" in words
        shop.settings["esim_encryption_keys"] = key(2)
        async with shop.working():

            async def failing() -> bool:
                return (await run.describe()).raw_description.pending_workflow_task.attempt > 1

            await eventually(failing)
            found = await terminal.run("why", run.id)
        assert "Cannot go on  Failed decoding arguments: " in found.output
        assert ring(1).newest.label in found.output


async def test_a_status_that_the_worker_has_no_key_for_says_which_key_it_lacks(client: Client) -> None:
    async with encrypting_shop(client) as shop:
        async with shop.working():
            esim = await shop.sell()
        shop.settings["esim_encryption_keys"] = key(2)
        terminal = Terminal(terminal_of(shop).variables | {"ESIM_ENCRYPTION_KEYS": f"{key(1)},{key(2)}"})
        async with shop.working():
            found = await terminal.run("status", esim.subscription_id)
        assert (found.code, found.output) == (1, "")
        assert found.sentence.startswith("A worker cannot answer: ")
        assert ring(1).newest.label in found.sentence


async def test_what_nobody_knows_is_not_found(terminal: Terminal) -> None:
    found = await terminal.run("why", "P-unknown")
    assert (found.code, found.output) == (1, "")
    assert "top-up, subscription, endpoint, traveler, ICCID or address P-unknown" in found.sentence


async def test_it_names_the_queue_and_who_polls_it_and_similar_names_that_are_polled(client: Client) -> None:
    async with seller(client) as shop:
        run = await shop.start()
        mistyped = f"{shop.task_queue[:-1]}x"
        address = client.service_client.config.target_host
        beating = Runtime(telemetry=TelemetryConfig(), worker_heartbeat_interval=timedelta(seconds=1))
        other = await Client.connect(address, runtime=beating, identity="4711@corporate-desk")
        async with Worker(other, task_queue=mistyped, workflows=[CountStockWorkflow]):

            async def named() -> str | None:
                words = " ".join((await terminal_of(shop).run("why", run.id)).output.split())
                return words if mistyped in words else None

            words = await eventually(named)
            assert f"Queue {shop.task_queue}, which no worker polls" in words
            assert f"polled under a similar name: {mistyped}, by 4711@corporate-desk" in words
            assert "is ESIM_TASK_QUEUE mistyped there?" in words
            asked = await terminal_of(shop).run("status", run.id)
            assert mistyped in asked.sentence
        async with shop.working():
            await run.result()
            words = " ".join((await terminal_of(shop).run("why", run.id)).output.split())
        assert re.search(rf"Queue {shop.task_queue}, polled by \d+@\S+", words)
        assert "Missing" not in words


async def test_it_says_who_writes_under_which_key_and_which_one_the_workers_have(client: Client) -> None:
    async with encrypting_shop(client) as shop:
        shop.settings["esim_encryption_keys"] = key(1)
        async with shop.working():
            await shop.sell()
            address = client.service_client.config.target_host
            newer = await Client.connect(address, data_converter=data_converter_with(ring(2)), identity="812@shop-2")
            purchase = shop.purchase()
            run = await start_run(newer, shop.task_queue, purchase)

            async def failing() -> bool:
                return (await run.describe()).raw_description.pending_workflow_task.attempt > 1

            await eventually(failing)

            async def told() -> str | None:
                found = await terminal_of(shop).run("why", run.id, ESIM_ENCRYPTION_KEYS=key(1))
                words = " ".join(found.output.split())
                return words if "812@shop-2" in words else None

            words = await eventually(told)
            new, old = ring(2).newest.label, ring(1).newest.label
            written = f"812@shop-2 wrote what it was started with under {new}"
            assert f"{written}, and the workers of {shop.task_queue} write under {old}" in words
            silent = await terminal_of(shop).run(
                "status", purchase.purchase_id, ESIM_ENCRYPTION_KEYS=f"{key(1)},{key(2)}"
            )
            assert silent.code == 1
            assert written in silent.sentence
        await run.terminate()


async def test_it_gives_the_reason_of_a_failed_purchase(shop: Seller, terminal: Terminal) -> None:
    for endpoint in shop.platform.endpoints:
        shop.platform.set_status(endpoint.endpoint_id, "Active")
    run = await shop.start(shop.purchase(stock_wait_seconds=0))
    with suppress(WorkflowFailureError):
        await run.result()
    words = " ".join((await terminal.run("why", run.id)).output.split())
    assert re.search(r"Failed NoEsimAvailable at .* UTC: SFT had no eSIM available for as long as this purchase", words)


async def test_it_knows_top_ups_iccids_and_our_own_helpers(shop: Seller, terminal: Terminal) -> None:
    sold, top_up = await shop.sell(), shop.addon()
    await shop.run_of(sold.endpoint_id).execute_update("purchase_addon", top_up)
    for endpoint in shop.platform.endpoints:
        if endpoint.status == "Pre-Active":
            shop.platform.set_status(endpoint.endpoint_id, "Active")
    waiting = await shop.start()
    await shop.reaches(waiting, "waiting_for_stock")

    async def told(name: str) -> str | None:
        found = await terminal.run("why", name)
        return " ".join(found.output.split()) if found.code == 0 else None

    stands = await terminal.run("status", top_up.purchase_id)
    assert (stands.code, sold.subscription_id in stands.output) == (0, True)
    for name in (top_up.purchase_id, sold.iccid):
        words = await eventually(lambda name=name: told(name))  # type: ignore[misc]
        assert f"Run {sold.subscription_id}, running" in words
        assert f"({name} belongs to it)" in words
    words = await eventually(lambda: told(hand_out_id(shop.task_queue)))
    assert f"Run {hand_out_id(shop.task_queue)}, running" in words
    assert "Waits for hand_out_stock" in words or "nothing that fails" in words
    await waiting.cancel()


async def test_a_purchase_that_waits_for_stock_says_which_esims_nobody_is_sold_and_why(client: Client) -> None:
    async with seller(client, esims=1) as shop, shop.working():
        shop.platform.order(Fault(call="EndPointLifeCycleChange", kind="rejected", times=1))
        run = await shop.start()
        await shop.reaches(run, "waiting_for_stock")

        async def told() -> str | None:
            words = " ".join((await terminal_of(shop).run("why", run.id)).output.split())
            return words if "Quarantined" in words else None

        words = await eventually(told)
        assert "Stock Quarantined here, and sold to nobody, whatever SFT lists: 1" in words
        assert "EndPointLifeCycleChange: SFT refused with code" in words
        await run.cancel()
