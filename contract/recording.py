"""Recording: the record of sales brought up to date by a worker, for as long as a schedule says."""

from contract.message import Message


class RecordOrder(Message):
    """Asks for it. It has no fields yet."""


class Recorded(Message):
    """How many entries were new, and which runs could not be asked: what they have to tell is left to the next time."""

    added: int
    unread: list[str]
