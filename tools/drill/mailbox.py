"""A mail server that takes every mail but those to one address, and a portal's receiver that takes no event."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from process.address import Address
from process.server import serving, site
from tools.demo.mailbox import Mailbox
from tools.demo.ports import LOOPBACK

REFUSED: Final = "lena.moreau@example.com"
"""Whose mailbox does not exist, as the mail server says."""


class Refusing(Mailbox):
    """A mailbox for everybody but one."""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Answers for one recipient; aiosmtpd calls it."""
        if address == REFUSED:
            return "550 5.1.1 The e-mail account that you tried to reach does not exist"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@asynccontextmanager
async def broken_receiver() -> AsyncIterator[str]:
    """The URL of a webhook receiver that answers 500 to everything, for as long as the block lasts."""

    async def fail(_: Request) -> Response:
        return Response(status_code=500)

    listener = Address(LOOPBACK, 0).listener()
    async with serving(site([Route("/events", fail, methods=["POST"])]), listener):
        yield f"http://{LOOPBACK}:{listener.getsockname()[1]}/events"
