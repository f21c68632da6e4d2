import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr
from temporalio.activity import ActivityCancellationDetails
from temporalio.exceptions import ApplicationError
from temporalio.runtime import MetricBuffer, Runtime, TelemetryConfig
from temporalio.testing import ActivityEnvironment

from activities.events import EventActivities
from activities.messages import Notice
from delivery.mailer import Mailer
from delivery.webhook import Webhook
from tests.support.addon_events import event
from tests.support.event_receiver import SECRET
from tests.support.postbox import Postbox, listening
from tests.support.raw_sft import Handler, RawRequest, RawSft, answer, answering, raw_sft

NOTICE = Notice(event=event(), email="traveler@example.com")


@asynccontextmanager
async def portal(handler: Handler) -> AsyncIterator[tuple[RawSft, EventActivities]]:
    async with raw_sft(handler, logs_in=False) as server, Webhook(SecretStr(server.base_url), SECRET) as webhook:
        yield server, EventActivities(webhook, None)


class Held:
    """Answers once it is let go."""

    def __init__(self, status: int) -> None:
        self.let_go = asyncio.Event()
        self._status = status

    async def __call__(self, _: RawRequest, writer: asyncio.StreamWriter) -> None:
        await self.let_go.wait()
        writer.write(answer({}, self._status))


class HeldPostbox(Postbox):
    """Takes a mail once it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.let_go = asyncio.Event(), asyncio.Event()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.asked.set()
        await self.let_go.wait()
        return await super().handle_DATA(server, session, envelope)


async def refusal(attempt: int, status: int = 503, **headers: str) -> ApplicationError:
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=attempt)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with portal(answering({}, status, named)) as (_, activities):
        with pytest.raises(ApplicationError) as refused:
            await environment.run(activities.post_event, event())
    return refused.value


async def test_an_event_goes_to_the_portal() -> None:
    async with portal(answering({})) as (server, activities):
        await ActivityEnvironment().run(activities.post_event, event())
    assert [request.body for request in server.requests] == [event().model_dump_json().encode()]


async def test_a_refused_event_is_retried_after_pauses_that_grow_to_five_minutes() -> None:
    first, late, far = await refusal(1), await refusal(60), await refusal(100_000)
    for error in (first, late, far):
        assert (error.type, error.message, error.non_retryable) == ("EventNotTaken", "127.0.0.1 answered 503", False)
        assert error.__suppress_context__
    assert first.next_retry_delay is not None
    assert late.next_retry_delay is not None
    assert timedelta(seconds=1) <= first.next_retry_delay <= timedelta(seconds=2)
    assert timedelta(seconds=150) <= late.next_retry_delay <= timedelta(seconds=300)
    assert late.next_retry_delay != far.next_retry_delay


async def test_a_portal_that_asks_for_a_pause_gets_it_and_no_more_than_an_hour() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=120), usegmt=True)
    for asked, least in (("90", 90), (date, 115), ("1e9", 0), ("9" * 300, 3600), ("9" * 400, 0), ("soon", 0)):
        error = await refusal(1, status=429, Retry_After=asked)
        assert error.next_retry_delay is not None
        assert timedelta(seconds=least) <= error.next_retry_delay <= timedelta(seconds=least + 7), asked


async def test_a_portal_that_is_gone_is_told_nothing_more_by_this_worker_and_shown_as_that() -> None:
    buffer = MetricBuffer(100)
    meter = Runtime(telemetry=TelemetryConfig(metrics=buffer)).metric_meter
    async with portal(answering({}, 410)) as (server, activities):
        for _ in range(2):
            environment = ActivityEnvironment()
            environment.metric_meter = meter
            with pytest.raises(ApplicationError, match="answered 410") as refused:
                await environment.run(activities.post_event, event())
            assert (refused.value.type, refused.value.non_retryable) == ("EventNotTaken", False)
        assert len(server.requests) == 1
    shown = {update.metric.name: update.value for update in buffer.retrieve_updates()}
    assert shown == {"esim_webhook_stopped": 1}


async def test_a_post_that_is_under_way_is_finished_in_spite_of_a_cancellation() -> None:
    held, environment = Held(200), ActivityEnvironment()
    async with portal(held) as (server, activities):
        posting = asyncio.ensure_future(environment.run(activities.post_event, event()))
        await server.has_been_asked()
        environment.cancel()
        await asyncio.wait([posting], timeout=0.05)
        assert not posting.done()
        held.let_go.set()
        await posting
    assert len(server.requests) == 1


async def test_a_post_that_fails_after_its_cancellation_ends_cancelled() -> None:
    held, environment = Held(503), ActivityEnvironment()
    async with portal(held) as (server, activities):
        posting = asyncio.ensure_future(environment.run(activities.post_event, event()))
        await server.has_been_asked()
        environment.cancel()
        held.let_go.set()
        with pytest.raises(asyncio.CancelledError):
            await posting


async def test_a_worker_that_has_to_stop_does_not_wait_for_the_portal() -> None:
    held, environment = Held(200), ActivityEnvironment()
    async with portal(held) as (server, activities):
        posting = asyncio.ensure_future(environment.run(activities.post_event, event()))
        await server.has_been_asked()
        environment.cancel(ActivityCancellationDetails(worker_shutdown=True))
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(posting, 3)


async def test_a_notice_goes_to_the_traveler() -> None:
    postbox = Postbox()
    async with listening(lambda: SMTP(postbox)) as port:
        mailer = Mailer(SecretStr(f"smtp://127.0.0.1:{port}"), "esim@shop.example")
        await ActivityEnvironment().run(EventActivities(None, mailer).send_notice, NOTICE)
    assert postbox.mail()["To"] == "traveler@example.com"


async def test_a_notice_that_is_under_way_is_finished_in_spite_of_a_cancellation() -> None:
    postbox, environment = HeldPostbox(), ActivityEnvironment()
    async with listening(lambda: SMTP(postbox)) as port:
        mailer = Mailer(SecretStr(f"smtp://127.0.0.1:{port}"), "esim@shop.example")
        sending = asyncio.ensure_future(environment.run(EventActivities(None, mailer).send_notice, NOTICE))
        await postbox.asked.wait()
        environment.cancel()
        await asyncio.wait([sending], timeout=0.05)
        assert not sending.done()
        postbox.let_go.set()
        await sending
    assert len(postbox.mails) == 1


@pytest.mark.parametrize(("answered", "final"), [("451 try again later", False), ("550 unknown", True)])
async def test_a_notice_is_retried_unless_the_refusal_is_final(answered: str, final: bool) -> None:
    async with listening(lambda: SMTP(Postbox(rcpt=answered))) as port:
        mailer = Mailer(SecretStr(f"smtp://127.0.0.1:{port}"), "esim@shop.example")
        with pytest.raises(ApplicationError) as refused:
            await ActivityEnvironment().run(EventActivities(None, mailer).send_notice, NOTICE)
    assert (refused.value.type, refused.value.non_retryable) == ("MailNotSent", final)
    assert "traveler" not in f"{refused.value!r} {refused.value.message}"


async def test_a_worker_without_the_channel_leaves_it_to_one_that_has_it_and_says_so() -> None:
    untaken = list[tuple[str, str]]()
    activities = EventActivities(None, None, lambda *which: untaken.append(which))
    with pytest.raises(ApplicationError) as event_left:
        await ActivityEnvironment().run(activities.post_event, event())
    with pytest.raises(ApplicationError) as notice_left:
        await ActivityEnvironment().run(activities.send_notice, NOTICE)
    assert (event_left.value.message, notice_left.value.message) == (
        "this worker has no PORTAL_WEBHOOK_URL",
        "this worker has no SMTP_URL",
    )
    assert not event_left.value.non_retryable
    assert not notice_left.value.non_retryable
    assert untaken == [("portal", "later")]
