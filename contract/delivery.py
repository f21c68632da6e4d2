"""What became of the mail that brings a traveler the eSIM, with its QR code."""

from datetime import datetime
from typing import Final, Literal

from contract.message import Message

DeliveryStatus = Literal["on_its_way", "waits_for_operator", "sent", "not_sent"]

UNDER_WAY: Final[tuple[DeliveryStatus, ...]] = ("on_its_way", "waits_for_operator")

NO_SERVER: Final = "the workers have no SMTP_URL"


class MailDelivery(Message):
    """The newest mail with the eSIM: it may have been sent again, also to another address."""

    status: DeliveryStatus
    to: str | None = None
    """Where it goes, with nothing of the name before the @ but its first letter; None once the traveler is forgotten.
    """
    ordered_at: datetime
    """UTC."""
    since: datetime
    """UTC; since when it stands so: for ``sent``, when the mail server took it."""
    reason: str | None = None
    """Why it is not sent, or not yet: one sentence, without the address. None if nothing is known against it."""
