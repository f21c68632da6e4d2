"""What became of the mail with an eSIM, in one line."""

from cli.balance import moment
from contract.delivery import MailDelivery


def delivery_line(delivery: MailDelivery | None) -> str:
    """Whether it was sent, to where, since when, and why not; empty if none was asked for."""
    if delivery is None:
        return ""
    where = delivery.to or "an address that is forgotten"
    why = f": {delivery.reason}" if delivery.reason else ""
    return f"{delivery.status.replace('_', ' ')}, to {where}, since {moment(delivery.since)}{why}"
