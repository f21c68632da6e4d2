"""The headers that every mail to a traveler has."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from hashlib import sha256

from delivery.header_text import header_address, header_text


def addressed_mail(*, sender: Address, recipient: str, subject: str, message_id: str) -> EmailMessage:
    """A mail without content. Message-ID is a hash of ``message_id``: the same text makes the same header.

    Raises ValueError for a header value that cannot be sent.
    """
    if "=?" in recipient:
        raise ValueError("an address cannot hold an encoded word")
    mail = EmailMessage()
    # As they are: what is set as usual is decoded, line breaks and all (a way to add headers), and folded anew.
    mail.set_raw("From", header_address(sender, "From"))
    mail["To"] = recipient
    mail.set_raw("Subject", header_text(subject, "Subject"))
    mail["Date"] = datetime.now(UTC)  # not in the zone of this machine, whatever TZ says that is
    mail["Message-ID"] = f"<{token(message_id)}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    return mail


def token(message_id: str) -> str:
    """What stands for ``message_id``, which may be any text, where only a few characters may stand."""
    return sha256(message_id.encode()).hexdigest()[:32]
