"""Incidents that begin at a portal, a shop or a mail server."""

from contract.workflow_ids import provision_id
from seller.sales import start_run
from tools.drill.buying import purchase, sold, top_up
from tools.drill.mailbox import REFUSED
from tools.drill.system import System
from tools.drill.ticket import MAIN, PARTNER, Ticket

AHEAD = "812@shop-2"
"""The shop that was restarted with a newer key in front."""


async def no_events(system: System) -> Ticket:
    """The partner's receiver answers 500 to everything."""
    await sold(system, 2001, PARTNER)
    return Ticket(
        says='A partner\'s technician: "Our CRM has had no events since this morning, not for T-2001, say."',
        cause="their webhook receiver answers 500 to every event",
        answer="theirs to repair; each event is posted again every five minutes at least, for a day; restart nothing",
        command=("history", "T-2001"),
        words="`Not told yet:` event",
        signs=(r"Not told yet: event .* to the portal's webhook: 127\.0\.0\.1 answered 500",),
        queue=PARTNER,
    )


async def key_in_front(system: System) -> Ticket:
    """One shop encrypts with a key that no worker has."""
    shop = await system.client(AHEAD, ahead=True)
    await start_run(shop, MAIN, purchase(1002))
    return Ticket(
        says='"I ordered P-1002 in the web shop, and it hangs. My husband bought in the app: his took seconds."',
        cause="shop-2 was restarted with key 2026-11 in front, which no worker has",
        answer="put that key behind the current one on all workers and shops; the order then goes on by itself",
        command=("why", "P-1002"),
        words="that no worker has",
        signs=(
            r"812@shop-2 wrote what it was started with under 2026-11:\w+, and the workers of esim-provisioning "
            r"write under 2026-01",
        ),
    )


async def top_up_set_aside(system: System) -> Ticket:
    """A top-up was sent under that key, too."""
    esim = await sold(system, 1020)
    run = (await system.client(AHEAD, ahead=True)).get_workflow_handle(esim.subscription_id)
    await run.signal("addon_purchased", top_up(1021))
    return Ticket(
        says=f'"My top-up is paid, and nothing came. My eSIM is {esim.iccid}."',
        cause="shop-2 sent it under key 2026-11, which no worker has: it is set aside",
        answer="nothing is lost: with the key behind the current one on every worker it is taken up in five minutes",
        command=("why", esim.iccid),
        words="is set aside",
        signs=(r"open_message", r"2026-11:\w+"),
    )


async def mail_refused(system: System) -> Ticket:
    """The mail server does not know the recipient."""
    await sold(system, 1010, email=REFUSED)
    return Ticket(
        says=f'"No mail came. I am {REFUSED}."',
        cause="the mail server refused the recipient (550)",
        answer="the page of the purchase has the code; have the address corrected, and resend to it",
        command=("history", REFUSED),
        words="with the mail server's words (550)",
        signs=(r"was not taken: .*550",),
    )


async def no_mail_server(system: System) -> Ticket:
    """The partner's worker was started without SMTP_URL."""
    await sold(system, 2002, PARTNER, "ana.lima@example.com")
    return Ticket(
        says='"I was promised a mail with the QR code. Order P-2002."',
        cause="the partner's worker has no SMTP_URL",
        answer="the page of the purchase has the code; give every worker SMTP_URL, then resend",
        command=("status", "P-2002"),
        words="the workers have no SMTP_URL",
        signs=(r"not sent: the workers have no SMTP_URL",),
        queue=PARTNER,
    )


async def charged_twice(system: System) -> Ticket:
    """The same traveler bought twice, under two purchase ids."""
    await sold(system, 1016)
    again = purchase(1017).model_copy(update={"traveler_id": "T-1016"})
    await (await system.seller()).sales.sell(again)
    return Ticket(
        says='"You charged me twice. My account is T-1016."',
        cause="two purchases under two ids, P-1016 and P-1017: the shop sent it twice, each under an id of its own",
        answer="both eSIMs are theirs; give back the one that is unused with refund",
        command=("history", "T-1016"),
        words="two lines `Bought: …` with two purchase ids",
        signs=(r"Bought: .* as purchase P-1016,", r"Bought: .* as purchase P-1017,"),
    )


async def cancelled_at_checkout(system: System) -> Ticket:
    """The partner's shop cancelled the order while it waited."""
    seller = await system.seller(PARTNER, "611@checkout")
    await seller.sales.start(purchase(2005))
    run = seller.client.get_workflow_handle(provision_id("P-2005"))
    await run.cancel()
    return Ticket(
        says='"My order P-2005 has vanished."',
        cause="the partner's checkout cancelled it",
        answer="nothing was sold: pay it back, or start it again under the same purchase id",
        command=("history", "P-2005"),
        words="was cancelled by …",
        signs=(r"was cancelled by 611@checkout",),
        queue=PARTNER,
    )
