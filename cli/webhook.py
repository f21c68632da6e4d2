"""The command ``webhook test``: posts one signed event to the portal's webhook, and says how it was answered."""

import uuid
from datetime import UTC, datetime

from typer import Context, Typer

from cli.options import AsJson, Debug
from cli.problem import Problem
from cli.running import run
from cli.screen import Screen
from contract.event import Event
from contract.message import Message
from delivery.settings import WebhookSettings
from delivery.webhook import EventNotTaken, Webhook
from process.settings import read_settings

webhook = Typer(help="Tries the portal's webhook, which PORTAL_WEBHOOK_URL and PORTAL_WEBHOOK_SECRET name.")


class TakenEvent(Message):
    """The event that was posted, and the HTTP status that it was answered with."""

    event_id: str
    status: int


@webhook.command("test")
def send_test(context: Context, as_json: AsJson = False, debug: Debug = False) -> None:
    """Posts one event of type test, signed as all are, once, from here, and says how the portal answered."""
    screen, hook = context.ensure_object(Screen), read_settings(WebhookSettings).webhook()
    if hook is None:
        raise Problem("BadSettings", "PORTAL_WEBHOOK_URL is not set: set it and PORTAL_WEBHOOK_SECRET as the worker's")
    run(_post(hook, screen))


async def _post(hook: Webhook, screen: Screen) -> None:
    event = Event(event_id=f"test-{uuid.uuid4()}", type="test", occurred_at=datetime.now(UTC))
    async with hook:
        try:
            status = await hook.post(event)
        except EventNotTaken as refusal:
            raise Problem("NotTaken", f"Event {event.event_id} was not taken: {refusal.reason}") from None
    screen.show(f"Taken: {hook.host} answered {status} to event {event.event_id}")
    screen.answer(TakenEvent(event_id=event.event_id, status=status))
