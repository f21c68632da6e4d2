"""A mail server for a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from temporalio.client import Client

from tests.support.seller import Seller, seller


class Mailbox:
    """Takes every mail, or answers with what it is told to, once it is awake."""

    def __init__(self, answer: str = "250 OK") -> None:
        self.answer = answer
        self.is_awake = asyncio.Event()
        self.is_awake.set()
        self.received: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await self.is_awake.wait()
        self.received.append(envelope)
        return self.answer


@asynccontextmanager
async def mail_server(mailbox: Mailbox) -> AsyncIterator[dict[str, Any]]:
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(mailbox), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield {"smtp_url": f"smtp://127.0.0.1:{port}", "email_from": "shop@example.com"}


@asynccontextmanager
async def delivering(client: Client) -> AsyncIterator[tuple[Seller, Mailbox]]:
    """A seller at work, whose mails are taken, and sales over, only once the mailbox is awake."""
    mailbox = Mailbox()
    mailbox.is_awake.clear()
    async with mail_server(mailbox) as settings, seller(client, **settings) as shop, shop.working():
        yield shop, mailbox
