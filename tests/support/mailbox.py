"""A mail server for a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from temporalio.client import Client

from activities.runs import Recalled, RunActivities
from contract.purchase import EsimPurchase
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


class Greylisting(Mailbox):
    """Has every sender come back later, until it is told not to."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = 0
        self.takes = asyncio.Event()

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.takes.is_set():
            self.refused += 1
            return "451 4.7.1 Greylisted, please try again in 300 seconds"
        envelope.rcpt_tos.append(address)
        return "250 OK"


class Member:
    """The one who may hand in mail, by a password that can be set right."""

    def __init__(self, password: str) -> None:
        self.password = password
        self.refused = 0

    def __call__(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        is_known = data == LoginPassword(b"shop", self.password.encode())
        self.refused += not is_known
        return AuthResult(success=is_known, handled=False)


@asynccontextmanager
async def mail_server(mailbox: Mailbox, member: Member | None = None) -> AsyncIterator[dict[str, Any]]:
    """A mail server on this machine, and the settings to use it: of the member, with the password ``right``."""

    def protocol() -> SMTP:
        if member is None:
            return SMTP(mailbox)
        return SMTP(mailbox, authenticator=member, auth_required=True, auth_require_tls=False)

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        login = "shop:right@" if member else ""
        yield {"smtp_url": f"smtp://{login}127.0.0.1:{port}", "email_from": "shop@example.com"}


@asynccontextmanager
async def delivering(client: Client) -> AsyncIterator[tuple[Seller, Mailbox]]:
    """A seller at work, whose mails are taken, and whose runs visibility lists, so that sales are over, only once the
    mailbox is awake."""
    mailbox = Mailbox()
    mailbox.is_awake.clear()
    recall = RunActivities.recall

    async def unlisted(runs: RunActivities, purchase: EsimPurchase) -> Recalled:
        return (await recall(runs, purchase))._replace(is_run_listed=mailbox.is_awake.is_set())

    async def is_listed(_: RunActivities) -> bool:
        return mailbox.is_awake.is_set()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(RunActivities, "recall", unlisted)
        patched.setattr(RunActivities, "is_listed", is_listed)
        async with mail_server(mailbox) as settings, seller(client, **settings) as shop, shop.working():
            yield shop, mailbox
