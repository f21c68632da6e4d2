"""``starter.py history``: what happened, in words or as one document."""

from temporalio.client import Client

from tests.support.seller import Seller, seller
from tests.support.terminal import Terminal, terminal_of


async def test_what_happened_is_told_oldest_first_in_words_and_as_a_document(shop: Seller, terminal: Terminal) -> None:
    sold = await shop.sell()
    found = await terminal.run("history", sold.subscription_id)
    assert found.code == 0, found.errors
    lines = found.output.splitlines()
    assert lines[0].strip().count("-") == 2, "the day"
    parts = ("Bought: Wakanda", "Found the eSIM", "SFT activated endpoint", "SFT put add-on", "Sold: the eSIM")
    places = [found.output.index(part) for part in parts]
    assert places == sorted(places)
    told = (await terminal.run("history", sold.addon.purchase_id, "--json")).document
    assert told["asked"] == sold.addon.purchase_id
    assert [fact["what"] for fact in told["facts"] if fact["what"] != "unanswered"][:2] == ["bought", "found"]
    assert {run["status"] for run in told["runs"]} == {"running", "completed"}
    assert sold.activation_code not in found.output + str(told)


async def test_what_nobody_knows_is_said_in_one_sentence(terminal: Terminal) -> None:
    found = await terminal.run("history", "P-unknown")
    assert (found.code, found.output) == (1, "")
    assert (
        "knows of no purchase, top-up, subscription, endpoint, traveler, ICCID or address P-unknown" in found.sentence
    )


async def test_what_is_on_another_task_queue_is_said_to_be_there_and_nothing_more_of_it(client: Client) -> None:
    """As where the shop was told another queue than everybody else."""
    async with seller(client) as shop, seller(client) as other:
        purchase = shop.purchase()
        await shop.start(purchase)
        found = await terminal_of(other).run("history", purchase.purchase_id)
        assert (found.code, found.output) == (1, "")
        assert f"is not on task queue {other.task_queue} but on {shop.task_queue}" in found.sentence
        assert purchase.product not in found.sentence
