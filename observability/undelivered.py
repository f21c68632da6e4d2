"""Counts what portals and mail servers do not take, by who they are."""

from collections.abc import Mapping
from typing import Final

from temporalio.client import Client
from temporalio.runtime import Runtime

from activities.mailing import MAIL_OUTCOMES
from activities.messages import Channel
from delivery.mailer import Mailer
from delivery.webhook import Webhook

NOT_TAKEN: Final = "esim_not_taken"

OUTCOMES: Final[Mapping[Channel, tuple[str, ...]]] = {"portal": ("later",), "email": tuple(MAIL_OUTCOMES.values())}
"""What may become of what a channel did not take."""


class Undelivered:
    """Attempts of one worker to tell somebody that failed: ``hosts`` are those that each channel leads to."""

    def __init__(self, client: Client, task_queue: str, hosts: Mapping[Channel, str]) -> None:
        meter = (client.service_client.config.runtime or Runtime.default()).metric_meter
        own = meter.with_additional_attributes({"worker": client.identity, "queue": task_queue})
        self._counter = own.create_counter(NOT_TAKEN, "Events and mails that were not taken, by attempt")
        self._hosts = hosts
        for channel in hosts:
            for outcome in OUTCOMES.get(channel, ()):
                self._count(0, channel, outcome)

    def __call__(self, channel: Channel, outcome: str) -> None:
        """One was not taken."""
        self._count(1, channel, outcome)

    def _count(self, number: int, channel: Channel, outcome: str) -> None:
        host = self._hosts.get(channel, "")
        self._counter.add(number, {"channel": channel, "host": host, "outcome": outcome})


def undelivered(client: Client, task_queue: str, webhook: Webhook | None, mailer: Mailer | None) -> Undelivered:
    """That of a worker with these channels."""
    there: dict[Channel, Webhook | Mailer | None] = {"portal": webhook, "email": mailer}
    return Undelivered(client, task_queue, {channel: way.host for channel, way in there.items() if way})
