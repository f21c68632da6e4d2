"""Plants all incidents, and gives the tickets."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from tools.drill import at_sft, people, shops
from tools.drill.system import System
from tools.drill.ticket import Ticket

Incident = Callable[[System], Awaitable[Ticket]]

ABREAST: Final[Sequence[Sequence[Incident]]] = (
    (shops.no_events, at_sft.first_plan_refused, people.suspended, at_sft.time_out_text, people.mistyped_queue),
    (shops.key_in_front, people.terminated, at_sft.old_reading, shops.mail_refused, people.nobody_polls),
    (shops.no_mail_server, people.given_back, at_sft.foreign_addon, shops.charged_twice, shops.top_up_set_aside),
    (at_sft.locked_batch, at_sft.top_up_refused),
    (at_sft.quarantined_stock,),
    (shops.cancelled_at_checkout,),
)
"""In rows: those of a row do not meet. What is below needs what is above, as far as both are the partner's."""


async def plant(system: System) -> list[Ticket]:
    """Every incident, once; the tickets in an order that tells nothing."""
    tickets = [await people.paused(system)]
    for row in ABREAST:
        tickets += await asyncio.gather(*(incident(system) for incident in row))
    return sorted(tickets, key=lambda ticket: ticket.says[::-1])
