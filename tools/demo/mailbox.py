"""The traveler's mailbox: a mail server on this machine that takes every mail."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from tools.demo.arrivals import Arrivals
from tools.demo.ports import LOOPBACK

SENDER: Final = "Wakanda Travel <esim@example.com>"


class Mailbox:
    """The mails that came, whoever they are for."""

    def __init__(self) -> None:
        self.mails = Arrivals[EmailMessage]("The mailbox")
        self.settings: Mapping[str, str] = {}
        """What the worker has to be told, as environment variables."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Takes a mail; aiosmtpd calls it."""
        assert isinstance(envelope.content, bytes)
        await self.mails.add(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


def subject_of(mail: EmailMessage) -> str:
    """The subject, decoded."""
    return str(mail["Subject"])


# Whatever else connects to its port by mistake is no news for whoever watches the demo.
logging.getLogger("mail.log").addHandler(logging.NullHandler())


@asynccontextmanager
async def open_mailbox(mailbox: Mailbox | None = None) -> AsyncIterator[Mailbox]:
    """A mailbox, this one if it is given, that listens on a free port for as long as the block lasts."""
    mailbox = mailbox or Mailbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(mailbox, hostname="localhost"), LOOPBACK, 0)
    mailbox.settings = {
        "SMTP_URL": f"smtp://{LOOPBACK}:{server.sockets[0].getsockname()[1]}",
        "EMAIL_FROM": SENDER,
    }
    try:
        yield mailbox
    finally:
        server.close()
