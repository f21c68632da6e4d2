"""Incidents that begin at SFT."""

from contextlib import suppress

from seller.errors import SellerError
from tools.drill.buying import DAILY, OLD_PLAN, purchase, sold, top_up
from tools.drill.system import System
from tools.drill.ticket import PARTNER, Ticket
from tools.simulator.fault import Fault

NEARLY_ALL = 29_900_000_000
LOCKED = 5
"""eSIMs of the partner's that are all of one batch."""


async def old_reading(system: System) -> Ticket:
    """Nearly all is used, and nobody has asked SFT since the sale."""
    esim = await sold(system, 1003)
    await (await system.seller()).subscriptions.refresh_usage(esim.endpoint_id)
    system.sft.use(esim.endpoint_id, NEARLY_ALL)
    return Ticket(
        says=f'"Your page says 30 of 30 GB, but nothing loads. ICCID {esim.iccid}."',
        cause="nothing is broken: that reading is as old as the sale, and nearly all has been used since",
        answer="read anew with usage, and sell a top-up; with callbacks it would have been known",
        command=("status", esim.iccid),
        words="What was used since then is not in it",
        signs=(r"What was used since then is not in it: starter\.py usage .* reads anew",),
    )


async def time_out_text(system: System) -> Ticket:
    """SFT answers SubscribeAddon for one endpoint with its time-out text, and does nothing."""
    esim = await sold(system, 1008)
    endless = Fault(
        call="SubscribeAddon", kind="timeout_text", times=0, endpoint_id=esim.endpoint_id, status=504, done=False
    )
    system.sft.order(endless)
    await (await system.seller()).addons.send(esim.endpoint_id, top_up(1009))
    return Ticket(
        says='"My top-up P-1009 has been pending for an hour."',
        cause="SFT answers SubscribeAddon for that endpoint with its time-out text (504), and does not do it",
        answer="wait: it is looked up and sent again, for a day; never buy it under another id; tell SFT",
        command=("why", "P-1009"),
        words="maybe without doing it",
        signs=(r"may have done it: .*504",),
    )


async def foreign_addon(system: System) -> Ticket:
    """Somebody put an add-on on it in SFT's own portal."""
    esim = await sold(system, 1011)
    system.sft.add_foreign_addon(esim.endpoint_id, DAILY)
    await (await system.seller()).subscriptions.refresh_usage(esim.endpoint_id)
    return Ticket(
        says=f'"There is a day pass on my eSIM that I never bought. Will I be charged? {esim.iccid}"',
        cause="somebody put it there at SFT: it was bought by nobody here",
        answer="nothing is charged; find out who uses SFT's portal",
        command=("history", esim.iccid),
        words="bought by nobody here",
        signs=(rf"bought by nobody here: add-on {DAILY}",),
    )


async def top_up_refused(system: System) -> Ticket:
    """The portal's mapping has a plan that SFT does not know any more."""
    esim = await sold(system, 1013)
    await (await system.seller()).addons.send(esim.endpoint_id, top_up(1014, OLD_PLAN))
    return Ticket(
        says='"I paid for the top-up P-1014 and got nothing."',
        cause=f"SFT refused it: the portal sent plan {OLD_PLAN}, which SFT does not know",
        answer="correct the portal's mapping, and send it again under the same purchase id",
        command=("why", "P-1014"),
        words="SFT refused to put add-on …",
        signs=(rf"SFT refused to put add-on {OLD_PLAN}",),
    )


async def first_plan_refused(system: System) -> Ticket:
    """The same of a first purchase, which waits for a person."""
    await (await system.seller()).sales.start(purchase(1015, plan_id=OLD_PLAN))
    return Ticket(
        says='"Order P-1015 has been in the making for an hour."',
        cause=f"SFT refused its plan {OLD_PLAN}: it waits to be amended",
        answer="amend it within a day (operators' page), and correct the portal's mapping",
        command=("why", "P-1015"),
        words="Waits for a person: amend it, or cancel it",
        signs=(rf"SFT refused to put add-on {OLD_PLAN}", r"Waits for a person: amend it, or cancel it"),
    )


async def locked_batch(system: System) -> Ticket:
    """SFT refuses five eSIMs in a row, each in other words."""
    for number in range(LOCKED):
        words = f"Endpoint is locked, batch 2026-B/{number}"
        system.partners_sft.order(
            Fault(call="EndPointLifeCycleChange", kind="rejected", code=f"42{number:02}", description=words)
        )
    with suppress(SellerError):
        await (await system.seller(PARTNER)).sales.sell(purchase(2003))
    return Ticket(
        says='"My order P-2003 failed after a minute, and I have paid."',
        cause="SFT refused five eSIMs of one batch in a row: they are quarantined, and nothing was sold",
        answer="nothing is held; order others, ask SFT about the batch, then start it again under the same id",
        command=("why", "P-2003"),
        words="eSIMs could be activated",
        signs=(r"Failed ActivationRejected at .*None of 5 eSIMs could be activated.*locked",),
        queue=PARTNER,
    )


async def quarantined_stock(system: System) -> Ticket:
    """The next order waits, though SFT lists those five."""
    await (await system.seller(PARTNER)).sales.start(purchase(2004))
    return Ticket(
        says='"Order P-2004 waits. Your operator sees five eSIMs available at SFT!"',
        cause="those five were refused when they were to be activated, and are quarantined here",
        answer="order others, ask SFT about the batch",
        command=("why", "P-2004"),
        words="sold to nobody, whatever SFT lists",
        signs=(r"Quarantined here, and sold to nobody, whatever SFT lists: 5", r"batch 2026-B"),
        queue=PARTNER,
    )
