"""What waits for a key that nobody has, from an operator's terminal."""

import dataclasses

from temporalio.client import Client

from tests.support.encrypting_shop import encrypting_shop, set_aside, with_keys
from tests.support.encryption_keys import key, ring
from tests.support.seller import Seller, eventually
from tests.support.terminal import Terminal, terminal_of

LABEL = ring(2).newest.label


def terminal_with_key(shop: Seller) -> Terminal:
    return Terminal(terminal_of(shop).variables | {"ESIM_ENCRYPTION_KEYS": key(1)})


async def test_a_message_that_waits_for_a_key_is_shown_by_status_and_why_and_dropped_on_order(client: Client) -> None:
    async with encrypting_shop(client) as shop, shop.working():
        sold = await shop.sell()
        terminal, ahead = terminal_with_key(shop), dataclasses.replace(shop, client=with_keys(client, ring(2)))
        await ahead.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())
        await set_aside(shop, sold.endpoint_id, 1)
        words = " ".join((await terminal.run("status", sold.subscription_id)).output.split())
        assert f"Message 1, addon_purchased, waits for key {LABEL} since" in words
        assert f"starter.py drop {sold.subscription_id} 1" in words

        async def told() -> bool:
            words = " ".join((await terminal.run("why", sold.subscription_id)).output.split())
            return "open_message, attempt" in words and f"is encrypted with key {LABEL}" in words

        await eventually(told)
        asked = await terminal.run("drop", sold.endpoint_id, "1")
        assert (asked.code, "it takes --yes" in asked.errors) == (2, True)
        unknown = await terminal.run("drop", sold.endpoint_id, "7", "--yes")
        assert "no message 7 is set aside" in unknown.sentence
        dropped = await terminal.run("drop", sold.endpoint_id, "1", "--yes", "--json")
        assert (dropped.code, dropped.document["set_aside"]) == (0, [])
        assert (await shop.subscription(sold.endpoint_id)).set_aside == []


async def test_a_purchase_that_no_worker_can_read_is_shown_as_waiting_for_its_key(client: Client) -> None:
    async with encrypting_shop(client) as shop, shop.working():
        terminal, ahead = terminal_with_key(shop), dataclasses.replace(shop, client=with_keys(client, ring(2)))
        run = await ahead.start()

        async def failing() -> bool:
            return (await run.describe()).raw_description.pending_workflow_task.attempt > 2

        await eventually(failing)
        status, why = await terminal.run("status", run.id), await terminal.run("why", run.id)
        assert LABEL in status.sentence
        assert LABEL in why.output
        await run.terminate()
