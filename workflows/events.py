"""The events of a subscription, on their way: all of them to the portal, those for travelers by e-mail, too. Beside
them, the mail with the eSIM itself.

Nothing waits for them: purchases go on while a portal is down.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.events import EventActivities
from activities.messages import Notice
from contract.addon import Addon
from contract.event import FOR_TRAVELERS, Event, EventType
from contract.profile import EsimProfile
from contract.task_queues import events_task_queue
from workflows.esim_mail import LEAST_TIME, EsimMail
from workflows.outcome import failure_of
from workflows.policies import EVENT, EVENT_LIMIT
from workflows.sft_calls import Activity, call
from workflows.state import SubscriptionState

MOST_WAITING: Final = 100
"""Events that wait for one channel; of more than that, the oldest are given up, so that the state stays small."""

Send = Callable[[Event, timedelta], Awaitable[None]]

News = TypeVar("News", Event, Notice)


class Events:
    """The events in a subscription's state, on their way through the channels that its worker has."""

    def __init__(self, state: SubscriptionState, mail: EsimMail) -> None:
        self._state = state
        self._esim_mail = mail
        self._portal = _Outbox(state.to_portal, self._post)
        self._traveler = _Outbox(state.to_traveler, self._mail)
        self._outboxes = (self._portal, self._traveler, mail)
        self.is_paused = False
        """Whether nothing more is to be begun."""

    def notify(self, *types: EventType, addon: Addon | None = None, profile: EsimProfile | None = None) -> None:
        """Something happened: events in order, of which the traveler gets the last, if it is one for travelers."""
        for event_type in types:
            event = self._event(event_type, addon, profile)
            if "portal" in self._state.channels:
                self._portal.add(event)
            if event_type == types[-1] and event_type in FOR_TRAVELERS and self._mails:
                self._traveler.add(event)

    async def keep_sending(self) -> None:
        """Sends, one event at a time in each channel, until it is cancelled."""
        await asyncio.gather(*(outbox.keep_sending(lambda: not self.is_paused) for outbox in self._outboxes))

    def pause(self) -> None:
        """Begins nothing more, and calls back what is under way: what is not sent yet is sent by the next run."""
        self.is_paused = True
        for outbox in self._outboxes:
            outbox.call_back()

    def resume(self) -> None:
        """Goes on after a pause."""
        self.is_paused = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return not any(outbox.is_busy for outbox in self._outboxes)

    @property
    def is_all_sent(self) -> bool:
        """Whether everything was sent, or given up after a day."""
        return not self._state.to_portal and not self._state.to_traveler and self._esim_mail.is_over

    @property
    def _mails(self) -> bool:
        return "email" in self._state.channels and self._state.purchase.email is not None

    def _event(self, event_type: EventType, addon: Addon | None, profile: EsimProfile | None) -> Event:
        self._state.events += 1
        subscription = self._state.subscription
        return Event(
            event_id=f"{subscription.subscription_id}-{self._state.events}",
            type=event_type,
            occurred_at=workflow.now(),
            subscription_id=subscription.subscription_id,
            traveler_id=subscription.traveler_id,
            endpoint_id=subscription.endpoint_id,
            addon=addon.model_copy(deep=True) if addon else None,
            profile=profile,
        )

    async def _post(self, event: Event, time_limit: timedelta) -> None:
        await _send(EventActivities.post_event, event, f"Tell the portal: {event.type}", time_limit)

    async def _mail(self, event: Event, time_limit: timedelta) -> None:
        bought = self._state.purchase  # which says where, and in which language, the traveler is told about usage
        if bought.email is None:  # without an address, nothing is put into this outbox
            return
        notice = Notice(event=event, email=bought.email, locale=bought.locale, timezone=bought.timezone)
        await _send(EventActivities.send_notice, notice, f"Tell the traveler: {event.type}", time_limit)


async def _send(
    activity: Activity[EventActivities, News, None], news: News, summary: str, time_limit: timedelta
) -> None:
    """Called back, it waits for what is under way: what was sent after all is not sent again."""
    await call(
        activity,
        news,
        EVENT,
        summary,
        task_queue=events_task_queue(workflow.info().task_queue),
        time_limit=time_limit,
        cancellation=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    )


class _Outbox:
    """Events that wait for one channel, sent in order: the first is tried for a day before the next has its turn."""

    def __init__(self, waiting: list[Event], send: Send) -> None:
        self._waiting = waiting
        self._send = send
        self._under_way: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        return self._under_way is not None

    def add(self, event: Event) -> None:
        self._waiting.append(event)
        if len(self._waiting) > MOST_WAITING:
            given_up = self._waiting.pop(1)  # the first may be under way
            workflow.logger.warning("%s given up: %s events wait to be sent", given_up.event_id, MOST_WAITING)

    def call_back(self) -> None:
        if self._under_way:
            self._under_way.cancel()

    async def keep_sending(self, may_begin: Callable[[], bool]) -> None:
        while True:
            await workflow.wait_condition(lambda: bool(self._waiting) and may_begin())
            event = self._waiting[0]
            self._under_way = asyncio.create_task(self._try(event))
            await workflow.wait([self._under_way])
            if not self._under_way.cancelled():
                self._waiting.remove(event)
            self._under_way = None

    async def _try(self, event: Event) -> None:
        left = event.occurred_at + EVENT_LIMIT - workflow.now()
        try:
            await self._send(event, max(left, LEAST_TIME))
        except ActivityError as error:
            failure = failure_of(error)
            reason = failure.message if failure else "no worker took it"
            workflow.logger.warning("%s (%s) given up: %s", event.event_id, event.type, reason)
