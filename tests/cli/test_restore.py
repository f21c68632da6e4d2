"""What was ended from outside, on the terminal."""

from temporalio.client import WorkflowExecutionStatus

from tests.support.seller import Seller
from tests.support.terminal import Terminal


async def test_a_terminated_subscription_is_told_of_everywhere_and_restored_by_command(
    shop: Seller, terminal: Terminal
) -> None:
    esim = await shop.sell(shop.purchase(traveler_id=f"T-{shop.number}"))
    run = shop.run_of(esim.endpoint_id)
    await run.terminate(reason="by mistake")
    status = await terminal.run("status", run.id, "--json")
    assert (status.code, status.document["status"]) == (0, "terminated")
    why = await terminal.run("why", run.id)
    assert "by mistake" in why.output
    assert f"restore {run.id}" in " ".join(why.output.split())
    for options in ((), ("--status", "terminated")):
        found = await terminal.run("list", "--traveler", f"T-{shop.number}", "--json", *options)
        assert [one["status"] for one in found.document["subscriptions"]] == ["terminated"]
    assert (await terminal.run("list", "--traveler", f"T-{shop.number}", "--status", "active", "--json")).document == {
        "subscriptions": [],
        "truncated": False,
    }
    refused = await terminal.run("suspend", esim.endpoint_id)
    assert (refused.code, "starter.py restore" in refused.sentence) == (1, True)
    restored = await terminal.run("restore", esim.endpoint_id)
    assert restored.code == 0
    assert "The endpoint is Active at SFT, as it has to be." in restored.output
    assert (await run.describe()).status == WorkflowExecutionStatus.RUNNING
    assert (await terminal.run("status", run.id, "--json")).document["status"] == "active"
    again = await terminal.run("list", "--traveler", f"T-{shop.number}", "--status", "terminated", "--json")
    assert again.document["subscriptions"] == []


async def test_what_goes_on_by_itself_is_not_restored(shop: Seller, terminal: Terminal) -> None:
    esim = await shop.sell()
    refused = await terminal.run("restore", esim.endpoint_id)
    assert (refused.code, "runs: there is nothing to restore" in refused.sentence) == (2, True)
