"""The activity of the guide's step 4: delivers the eSIM to the traveler by e-mail."""

from collections.abc import Callable

from pydantic import SecretStr
from temporalio import activity

from activities.mailing import mailed, no_server
from activities.messages import Delivery, Untaken, unnoticed
from delivery.mailer import Mailer


class DeliveryActivities:
    """Delivers by e-mail, where a purchase asks for it. The portal gets every eSIM anyway, as the workflow's result.
    ``untaken`` is told of each mail that was not taken; ``access_point_of`` is asked for the APN of each product, if
    a phone has to be told one."""

    def __init__(
        self,
        mailer: Mailer | None,
        untaken: Untaken = unnoticed,
        access_point_of: Callable[[str], str | None] = lambda _product: None,
    ) -> None:
        self._mailer = mailer
        self._access_point_of = access_point_of
        self._untaken = untaken

    @activity.defn
    async def deliver_esim(self, delivery: Delivery) -> None:
        """Mails an eSIM with its QR code. Cancelled while it is under way, it is finished all the same.

        Raises:
            ApplicationError: ``MailNotSent`` if the mail server did not take it, not to be retried if none ever will;
                ``MailWaitsForOperator`` if a setting has to be mended. The message has the same Message-ID every time.
        """
        if self._mailer is None:
            no_server("esim")
        again = "" if delivery.number == 1 else f"-{delivery.number}"
        sending = self._mailer.send_esim(
            recipient=SecretStr(delivery.email),
            product=delivery.product,
            activation_code=SecretStr(delivery.activation_code),
            iccid=delivery.iccid,
            message_id=f"esim-{delivery.purchase_id}{again}",
            locale=delivery.locale,
            apn=self._access_point_of(delivery.product),
        )
        await mailed("esim", sending, self._untaken)
