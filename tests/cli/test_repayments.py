"""Taking an add-on off and giving an eSIM back, from a terminal."""

from tests.support.seller import Seller
from tests.support.terminal import Terminal
from tools.simulator.plan import GIGABYTE

REASON = ("--reason", "bought twice")


async def test_an_addon_is_taken_off_after_a_question(shop: Seller, terminal: Terminal) -> None:
    sold = await shop.sell()
    command = ("remove-addon", sold.endpoint_id, "--purchase", sold.addon.purchase_id, *REASON, "--by", "anna")
    asked = await terminal.run(*command)
    assert (asked.code, "it takes --yes" in asked.errors) == (2, True)
    assert len(shop.platform.endpoint(sold.endpoint_id).addons) == 1
    done = await terminal.run(*command, "--yes", "--json")
    assert (done.code, done.document["status"]) == (0, "removed")
    again = await terminal.run(*command, "--yes")
    assert (again.code, "is removed since" in again.output) == (0, True)
    status = await terminal.run("status", sold.endpoint_id)
    assert "removed" in status.output
    unknown = await terminal.run("remove-addon", sold.endpoint_id, "--purchase", "P-unknown", *REASON, "--yes")
    assert (unknown.code, "P-unknown" in unknown.sentence) == (2, True)


async def test_an_esim_is_given_back_only_if_it_was_never_used(shop: Seller, terminal: Terminal) -> None:
    unused, used = [(await shop.sell()).endpoint_id for _ in range(2)]
    shop.platform.use(used, GIGABYTE)
    given = await terminal.run("refund", unused, *REASON, "--yes")
    assert (given.code, "It may be paid back." in given.output) == (0, True)
    kept = await terminal.run("refund", used, *REASON, "--yes")
    assert (kept.code, "It was not given back." in kept.output, "29.0 of 30.0 GB" in kept.output) == (0, True, True)
    await shop.run_of(unused).result()
    again = await terminal.run("refund", unused, *REASON, "--yes", "--json")
    assert again.document["refundable"] is True


async def test_who_suspends_resumes_and_closes_is_recorded(shop: Seller, terminal: Terminal) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    for command in (("suspend", "anna"), ("resume", "ben"), ("close", "anna", "--yes")):
        done = await terminal.run(command[0], endpoint_id, "--by", *command[1:])
        assert done.code == 0, done.errors
    orders = (await shop.subscription(endpoint_id)).orders
    assert [(one.order, one.ordered_by) for one in orders] == [
        ("suspend", "anna"),
        ("resume", "ben"),
        ("close", "anna"),
    ]
    nobody = await terminal.run("suspend", endpoint_id, "--by", "")
    assert (nobody.code, "ordered_by" in nobody.sentence) == (2, True)
