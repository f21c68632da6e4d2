"""Going on after something went wrong with a sale, from a terminal."""

from temporalio.client import Client, WorkflowFailureError

from tests.support.mailbox import Mailbox, mail_server
from tests.support.seller import PLAN, PRODUCT, Run, eventually, seller
from tests.support.terminal import terminal_of


async def test_a_failed_sale_is_amended_or_started_again_and_its_mail_sent_again(client: Client) -> None:
    mailbox = Mailbox()
    async with mail_server(mailbox) as settings, seller(client, **settings) as shop, shop.working():
        terminal, wrong = terminal_of(shop), shop.purchase(plan_id="PLAN-UNHEARD-OF", email="travler@example.com")
        sale, purchase_id = await shop.start(wrong), wrong.purchase_id
        await shop.reaches(sale, "needs_attention")
        early = await terminal.run("retry", purchase_id)
        assert (early.code, "it is under way" in early.sentence) == (2, True)
        await sale.cancel()
        await ended(sale)
        again = await terminal.run("retry", purchase_id, "--json")
        assert (again.code, again.document["purchase_id"]) == (0, purchase_id)
        sale = await shop.start(wrong)  # which joins it
        await shop.reaches(sale, "needs_attention")
        amended = await terminal.run("amend", purchase_id, "--product", PRODUCT, "--plan-id", PLAN, "--by", "anna")
        assert (amended.code, f"status {purchase_id}" in amended.output) == (0, True)
        sold = await sale.result()
        late = await terminal.run("retry", purchase_id)
        assert (late.code, "it was sold" in late.sentence) == (2, True)
        await eventually(lambda: arrived(mailbox, 1))
        sent = await terminal.run("resend", purchase_id, "--email", "traveler@example.com")
        assert (sent.code, "to t…@example.com" in sent.output) == (0, True)
        await eventually(lambda: arrived(mailbox, 2))
        mistyped = await terminal.run("resend", purchase_id, "--email", "no address")
        assert (mistyped.code, "no address" in mistyped.sentence) == (2, False)
        orders = (await shop.subscription(sold.endpoint_id)).orders
    assert [one.rcpt_tos for one in mailbox.received] == [["travler@example.com"], ["traveler@example.com"]]
    assert [one.order for one in orders] == ["amend_plan", "resend"]
    assert orders[0].ordered_by == "anna"


async def ended(sale: Run) -> None:
    try:
        await sale.result()
    except WorkflowFailureError:
        return
    raise AssertionError("it was sold")


async def arrived(mailbox: Mailbox, mails: int) -> bool:
    return len(mailbox.received) >= mails
