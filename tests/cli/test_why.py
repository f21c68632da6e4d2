import asyncio
import re
import sys
from pathlib import Path

from temporalio.api.enums.v1 import PendingActivityState
from temporalio.client import Client

from tests.support.encrypting_shop import encrypting_shop
from tests.support.encryption_keys import key, ring
from tests.support.seller import Seller, eventually, seller
from tests.support.terminal import Terminal, terminal_of
from tools.simulator.fault import Fault


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
            return "or its turn under SFT_MAX_REQUESTS_PER_SECOND has not come" in words

        await eventually(held_back)
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
    assert "knows of no purchase, subscription or endpoint P-unknown" in found.sentence
