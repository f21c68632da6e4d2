"""What a run was started with is read from its history."""

from temporalio.client import Client

from temporal.run_input import read_purchase
from tests.support.plain_runs import new_purchase, started


async def test_what_a_sale_was_asked_for_is_read_from_its_history(client: Client) -> None:
    purchase = new_purchase()
    run = await started(client, purchase)
    queue = (await run.describe()).task_queue
    assert await read_purchase(client, run, queue) == purchase
