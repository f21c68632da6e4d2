"""A mail server of the test's own, over real SMTP."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session


class Postbox:
    """What a mail server took in, and how it answers."""

    def __init__(self, *, rcpt: str = "250 OK", data: str = "250 OK") -> None:
        self.mails: list[Envelope] = []
        self.connections = 0
        self.encrypted = False
        self._rcpt, self._data = rcpt, data

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self._rcpt

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert server.transport is not None
        self.encrypted = server.transport.get_extra_info("sslcontext") is not None
        if self._data.startswith("250"):
            self.mails.append(envelope)
        return self._data

    def mail(self) -> EmailMessage:
        (envelope,) = self.mails
        assert isinstance(envelope.content, bytes)
        return message_from_bytes(envelope.content, policy=default)


@asynccontextmanager
async def listening(
    protocol: Callable[[], asyncio.BaseProtocol], tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
