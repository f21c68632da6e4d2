"""The activity of the guide's step 4: delivers the eSIM to the traveler by e-mail."""

import asyncio
from typing import Final

from pydantic import SecretStr
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from activities.messages import Delivered, Delivery, Untaken, unnoticed
from activities.runs import RunActivities
from delivery.mailer import Mailer, MailNotSent

VISIBLE_WITHIN_SECONDS: Final = 30.0
"""How long a delivery waits for visibility to list its run, before it is made all the same."""


class DeliveryActivities:
    """Delivers by e-mail, where a purchase asks for it. The portal gets every eSIM anyway, as the workflow's result.
    ``untaken`` is told of each mail that was not taken."""

    def __init__(self, runs: RunActivities, mailer: Mailer | None, untaken: Untaken = unnoticed) -> None:
        self._runs = runs
        self._mailer = mailer
        self._untaken = untaken

    @activity.defn
    async def deliver_esim(self, delivery: Delivery) -> Delivered:
        """Sends the e-mail that was asked for, and sees to it that a repeat of this purchase will be recognised.

        Raises:
            ApplicationError: ``MailNotSent`` if the mail server did not take the message. Worth a few retries: the
                message has the same Message-ID every time.
        """
        await self._until_visible()
        if delivery.email is None:
            return Delivered(channels={})
        if self._mailer is None:
            return Delivered(channels={"email": "not sent: this worker has no SMTP_URL"})
        try:
            await self._mailer.send_esim(
                recipient=SecretStr(delivery.email),
                product=delivery.product,
                activation_code=SecretStr(delivery.activation_code),
                iccid=delivery.iccid,
                message_id=f"esim-{delivery.purchase_id}",
            )
        except MailNotSent as error:
            self._untaken("email")
            raise ApplicationError(error.reason, type="MailNotSent", non_retryable=not error.temporary) from None
        return Delivered(channels={"email": "sent"})

    async def _until_visible(self) -> None:
        """Returns once visibility lists this run: that is where a repeat of this purchase finds it.

        Visibility may lag behind the run. A visibility store that is down must not keep a traveler from their eSIM.
        """
        try:
            async with asyncio.timeout(VISIBLE_WITHIN_SECONDS):
                while not await self._runs.is_listed():  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
        except (TimeoutError, RPCError):
            activity.logger.warning(
                "visibility does not list this run after %.0f s: a repeat of it may not be recognised",
                VISIBLE_WITHIN_SECONDS,
            )
