"""The headers that every mail to a traveler has."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime
from hashlib import sha256


def addressed_mail(*, sender: Address, recipient: str, subject: str, message_id: str) -> EmailMessage:
    """A mail without content. Message-ID is a hash of ``message_id``: the same text makes the same header.

    Raises ValueError for a header value that cannot be sent.
    """
    if "=?" in recipient:
        raise ValueError("an address cannot hold an encoded word")
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = recipient
    # Python decodes encoded words (RFC 2047) in what a header is set to, line breaks and all: a way to add headers.
    mail["Subject"] = subject.replace("=?", "= ?")
    mail["Date"] = localtime()
    mail["Message-ID"] = f"<{token(message_id)}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    return mail


def token(message_id: str) -> str:
    """What stands for ``message_id``, which may be any text, where only a few characters may stand."""
    return sha256(message_id.encode()).hexdigest()[:32]
