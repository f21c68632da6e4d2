"""Activities that notify of what happened to a subscription: the portal by webhook, the traveler by e-mail."""

import random
from datetime import timedelta
from typing import Final

from pydantic import SecretStr
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.mailing import finished, mailed, no_server
from activities.messages import LONGEST_RETRY_AFTER_SECONDS, Notice, Untaken, unnoticed
from contract.event import Event
from delivery.mailer import Mailer
from delivery.webhook import EventNotTaken, Webhook

NOT_TAKEN: Final = "EventNotTaken"
NO_WEBHOOK: Final = "this worker has no PORTAL_WEBHOOK_URL"

STOPPED: Final = "esim_webhook_stopped"
"""A gauge: 1 once the portal answered 410, after which this process posts nothing to it any more."""

LONGEST_PORTAL_PAUSE_SECONDS: Final = 300.0
"""What the pauses before an event is posted again grow to. They override the intervals of the retry policy."""


class EventActivities:
    """Sends each event once an attempt. A worker without the channel leaves it to one that has it: it is tried again.
    ``untaken`` is told of each attempt in vain by which channel that was."""

    def __init__(self, webhook: Webhook | None, mailer: Mailer | None, untaken: Untaken = unnoticed) -> None:
        self._webhook = webhook
        self._mailer = mailer
        self._untaken = untaken

    @activity.defn
    async def post_event(self, event: Event) -> None:
        """Posts one event to the portal. Cancelled while it is under way, it is finished all the same.

        Raises:
            ApplicationError: ``EventNotTaken``, to be retried for as long as the portal may be down, or another worker
                may have a webhook: after pauses with jitter that double from 1 to 2 seconds up to 2.5 to 5 minutes, and
                behind what the portal asks for with Retry-After, one hour at most. After a 410 the event waits
                likewise, and is not posted: its day may last until the worker is started again with the address that is
                right.
        """
        if self._webhook is None:  # another worker had one when the event came to be: it, or the operator, may yet
            self._untaken("portal", "later")
            raise ApplicationError(NO_WEBHOOK, type=NOT_TAKEN, next_retry_delay=_pause())
        try:
            await finished(self._webhook.post(event))
            _show_stopped(False)
        except EventNotTaken as error:
            self._untaken("portal", "later")
            _show_stopped(error.is_gone)
            pause = _pause(error.retry_after)
            raise ApplicationError(error.reason, type=NOT_TAKEN, next_retry_delay=pause) from None

    @activity.defn
    async def send_notice(self, notice: Notice) -> None:
        """Sends one notice to the traveler. Cancelled while it is under way, it is finished all the same.

        Raises:
            ApplicationError: ``MailNotSent`` if the mail server did not take it, not to be retried if none ever will;
                ``MailWaitsForOperator`` if a setting has to be mended. The message has the same Message-ID every time.
        """
        if self._mailer is None:
            no_server("notice")
        sending = self._mailer.send_notice(
            recipient=SecretStr(notice.email), event=notice.event, locale=notice.locale, timezone=notice.timezone
        )
        await mailed("notice", sending, self._untaken)


def _pause(asked_for: float | None = None) -> timedelta:
    growing = min(LONGEST_PORTAL_PAUSE_SECONDS, 2.0 ** min(activity.info().attempt, 10))
    return timedelta(seconds=min(asked_for or 0, LONGEST_RETRY_AFTER_SECONDS) + growing * random.uniform(0.5, 1.0))


def _show_stopped(is_gone: bool) -> None:
    activity.metric_meter().create_gauge(STOPPED, "1 once the portal answered 410").set(int(is_gone))
