"""What arrives in the traveler's mailbox and at the portal, shown to whoever watches the demo."""

import asyncio
from email.message import EmailMessage

from cli.screen import Screen
from contract.event import Event, EventType
from delivery.envelope import token
from tools.demo.mailbox import Mailbox, subject_of
from tools.demo.portal import Portal


class News:
    """Waits for what is to arrive, and shows it as it arrived.

    What is waited for is told exactly: the database may hold eSIMs of earlier demos, which have news of their own.
    """

    def __init__(self, mailbox: Mailbox, portal: Portal, screen: Screen) -> None:
        self._mailbox = mailbox
        self._portal = portal
        self._screen = screen
        self.mails: list[str] = []
        """The subjects of those that were shown."""
        self.events: list[str] = []
        """The types of those that were shown."""

    async def mail(self, message_id: str) -> None:
        """Shows the mail that was sent under this id, once it is there; raises a Problem if it does not come."""
        self._show_mail(await self._mailbox.mails.first(lambda mail: token(message_id) in mail["Message-ID"]))

    async def event(self, event_type: EventType, purchase_id: str) -> Event:
        """Shows the event of this type about this purchase, once it is there; raises a Problem if it does not come."""

        def fits(event: Event) -> bool:
            return event.type == event_type and event.addon is not None and event.addon.purchase_id == purchase_id

        event = await self._portal.events.first(fits)
        self._show_event(event)
        return event

    async def keep_showing(self) -> None:
        """Shows whatever arrives from now on, without an end."""
        await asyncio.gather(
            self._mailbox.mails.follow(self._show_mail),
            self._portal.events.follow(self._show_event),
        )

    def _show_mail(self, mail: EmailMessage) -> None:
        self.mails.append(subject_of(mail))
        self._show(f"In the traveler's mailbox: {subject_of(mail)}")

    def _show_event(self, event: Event) -> None:
        self.events.append(event.type)
        self._show(f"At the portal's webhook, signature verified: {event.type} ({event.event_id})")

    def _show(self, line: str) -> None:
        with self._screen.doing() as doing:
            doing.done(line)
