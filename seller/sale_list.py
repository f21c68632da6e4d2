"""The list of sales of a period: what a record has, and what Temporal knows that is not in it yet."""

from collections.abc import Iterable

from contract.message import Message
from contract.sale_entry import Period, SaleEntry
from seller.server import Server
from temporal.sale_entries import SaleEntries, UnreadRun


class SaleList(Message):
    """Entries in the order in which things happened. ``unread`` are runs that could not be asked: what they have to
    tell of this period is missing."""

    sales: list[SaleEntry]
    unread: list[UnreadRun]


async def sale_list(server: Server, period: Period, recorded: Iterable[SaleEntry] = ()) -> SaleList:
    """Everything of this period, each thing once; what was recorded stands as it was.

    Raises NoAnswer, ``NoWorker``, if nobody can tell.
    """
    found = {entry.entry_id: entry for entry in recorded if period.has(entry)}

    def take(entries: list[SaleEntry]) -> None:
        for entry in filter(period.has, entries):
            found.setdefault(entry.entry_id, entry)

    await server.expect_workers()
    reader = SaleEntries(server.client, server.task_queue, take)
    await reader.read(period.since)
    sales = sorted(found.values(), key=lambda entry: (entry.at, entry.entry_id))
    return SaleList(sales=sales, unread=reader.unread)
