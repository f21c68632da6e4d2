"""The mail with the eSIM, on its way to the traveler: tried for a day, from when it was ordered.

Nothing waits for it: the sale is over, and purchases go on, while a mail server is away or refuses what it will take in
five minutes. What the operator has to mend, such as a wrong password, is waited for without limit, and the time of that
does not count.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.deliveries import DeliveryActivities
from activities.messages import MAIL_NOT_SENT, MAIL_WAITS_FOR_OPERATOR, Delivery
from contract.delivery import NO_SERVER, UNDER_WAY, DeliveryStatus, MailDelivery
from contract.mail_address import masked
from contract.task_queues import events_task_queue
from workflows.cancellation import afterwards
from workflows.outcome import failure_of, type_of
from workflows.policies import EVENT_LIMIT, MAIL, MAIL_AT_FIRST, MAIL_WAITS, Policy
from workflows.purchases import Purchases
from workflows.sft_calls import call
from workflows.state import SubscriptionState

LEAST_TIME: Final = timedelta(minutes=1)
"""For a mail or an event whose day was over before its turn came."""


class EsimMail:
    """The mail in a subscription's state: the newest, in the place of any before it."""

    def __init__(self, state: SubscriptionState, purchases: Purchases, show: Callable[[], None]) -> None:
        self._state = state
        self._purchases = purchases
        self._show = show
        self._under_way: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether it is being sent just now."""
        return self._under_way is not None

    @property
    def is_over(self) -> bool:
        """Whether there is nothing to send: it was sent, given up, or never asked for."""
        delivery = self._state.subscription.delivery
        return delivery is None or delivery.status not in UNDER_WAY

    def send_first(self) -> None:
        """The eSIM is sold: mails it, if that was asked for."""
        if self._state.purchase.email is None:
            return
        self.send()
        if "email" not in self._state.channels:
            self.drop(NO_SERVER)

    def send(self) -> None:
        """Mails it to where the traveler is mailed now; a mail that is on its way elsewhere is called back."""
        now = workflow.now()
        self._state.mails, self._state.mail_waited = self._state.mails + 1, timedelta(0)
        self._state.subscription.delivery = MailDelivery(
            status="on_its_way", to=masked(self._state.purchase.email), ordered_at=now, since=now
        )
        self.call_back()
        self._show()

    def drop(self, why: str) -> None:
        """Sends no more, if it is not sent yet."""
        delivery = self._state.subscription.delivery
        if delivery and not self.is_over:
            self._set(delivery, "not_sent", why)
            self.call_back()

    def call_back(self) -> None:
        """Has what is under way end: what is not sent yet is sent later."""
        if self._under_way:
            self._under_way.cancel()

    async def keep_sending(self, may_begin: Callable[[], bool]) -> None:
        """Sends whatever there is to send, until it is cancelled."""
        while True:
            await workflow.wait_condition(lambda: not self.is_over and may_begin())
            if delivery := self._state.subscription.delivery:
                self._under_way = asyncio.create_task(self._try(delivery))
                await workflow.wait([self._under_way])
                self._under_way = None

    async def _try(self, delivery: MailDelivery) -> None:
        """Ends once it is sent, or given up; or called back, which leaves it as it is."""
        policy = MAIL_WAITS if delivery.status == "waits_for_operator" else MAIL_AT_FIRST
        while delivery.status in UNDER_WAY:
            mail = self._mail()
            if mail is None:
                self.drop("there is no eSIM to mail")
                return
            try:
                await self._hand_in(mail, delivery, policy)
                self._set(delivery, "sent", None)
            except ActivityError as error:
                policy = self._judge(delivery, policy, error)

    def _judge(self, delivery: MailDelivery, policy: Policy, error: ActivityError) -> Policy:
        """What the failure means for the mail, and how it is tried from here on."""
        failure = failure_of(error)
        reason = failure.message if failure else "no worker took it"
        if type_of(error) == MAIL_WAITS_FOR_OPERATOR and policy is not MAIL_WAITS:
            self._set(delivery, "waits_for_operator", reason)
            return MAIL_WAITS
        if type_of(error) == MAIL_NOT_SENT and failure and failure.non_retryable:
            self._set(delivery, "not_sent", reason)
        elif self._left(delivery) <= timedelta(0) or policy is MAIL:
            self._set(delivery, "not_sent", f"{reason}, for a day")
        else:
            self._set(delivery, "on_its_way", reason)
        return MAIL

    def _mail(self) -> Delivery | None:
        esim, bought = self._purchases.esim(), self._state.purchase
        if esim is None or bought.email is None:
            return None
        return Delivery(
            purchase_id=esim.addon.purchase_id,
            product=esim.addon.product,
            iccid=esim.iccid,
            activation_code=esim.activation_code,
            email=bought.email,
            locale=bought.locale,
            number=self._state.mails,
        )

    async def _hand_in(self, mail: Delivery, delivery: MailDelivery, policy: Policy) -> None:
        began = workflow.now()
        with afterwards(lambda: self._count_waiting(delivery, policy, began)):
            await call(
                DeliveryActivities.deliver_esim,
                mail,
                policy,
                f"Mail the eSIM of endpoint {self._state.subscription.endpoint_id}",
                task_queue=events_task_queue(workflow.info().task_queue),
                time_limit=None if policy is MAIL_WAITS else max(self._left(delivery), LEAST_TIME),
                cancellation=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            )

    def _left(self, delivery: MailDelivery) -> timedelta:
        return delivery.ordered_at + EVENT_LIMIT + self._state.mail_waited - workflow.now()

    def _count_waiting(self, delivery: MailDelivery, policy: Policy, began: datetime) -> None:
        if policy is MAIL_WAITS and delivery is self._state.subscription.delivery:
            self._state.mail_waited += workflow.now() - began

    def _set(self, delivery: MailDelivery, status: DeliveryStatus, reason: str | None) -> None:
        if status != delivery.status:
            delivery.since = workflow.now()
        delivery.status, delivery.reason = status, reason
        if status == "not_sent":
            workflow.logger.warning("the mail with the eSIM is given up: %s", reason)
        elif status == "waits_for_operator":
            workflow.logger.warning("the mail with the eSIM waits for the operator: %s", reason)
        self._show()
