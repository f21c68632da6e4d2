"""Step 4: the eSIM goes to the traveler by e-mail, once a repeat of its purchase would be recognised."""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from pydantic import SecretStr
from temporalio.client import Client, WorkflowHandle

from activities import deliveries
from activities.deliveries import DeliveryActivities
from activities.messages import Delivery
from activities.runs import RunActivities
from delivery.mailer import Mailer
from tests.support.activity import attempt, refusal
from tests.support.plain_runs import listed, new_purchase, started, without_visibility
from tests.support.postbox import Postbox, listening

BY_RESULT = Delivery(
    purchase_id="P-1001", product="Wakanda", iccid="8932000000000000001", activation_code="LPA:1$smdp.example.com$M"
)
BY_MAIL = BY_RESULT.model_copy(update={"email": "traveler@example.com"})


@asynccontextmanager
async def mailing(client: Client, postbox: Postbox) -> AsyncIterator[DeliveryActivities]:
    async with listening(lambda: SMTP(postbox)) as port:
        mailer = Mailer(SecretStr(f"smtp://127.0.0.1:{port}"), "esim@shop.example")
        yield DeliveryActivities(RunActivities(client), mailer)


@pytest.fixture
async def run(client: Client) -> WorkflowHandle[Any, Any]:
    """A run that visibility lists."""
    run = await started(client, new_purchase())
    await listed(client, run)
    return run


async def test_the_esim_is_mailed_to_the_address_of_the_purchase_and_a_repeat_is_the_same_mail(
    client: Client, run: WorkflowHandle[Any, Any]
) -> None:
    postbox = Postbox()
    async with mailing(client, postbox) as activities:
        assert (await attempt(activities.deliver_esim, BY_MAIL, of=run)).channels == {"email": "sent"}
        mail = postbox.mail()
        await attempt(activities.deliver_esim, BY_MAIL, of=run)
    assert mail["To"] == "traveler@example.com"
    assert "Wakanda" in mail["Subject"]
    first, second = postbox.mails
    assert isinstance(first.content, bytes)
    assert isinstance(second.content, bytes)
    assert mail["Message-ID"].encode() in second.content


async def test_without_an_address_nothing_is_sent(client: Client, run: WorkflowHandle[Any, Any]) -> None:
    postbox = Postbox()
    async with mailing(client, postbox) as activities:
        assert (await attempt(activities.deliver_esim, BY_RESULT, of=run)).channels == {}
    assert postbox.connections == 0


async def test_a_worker_without_a_mail_server_says_so_and_fails_no_sale(
    client: Client, run: WorkflowHandle[Any, Any]
) -> None:
    activities = DeliveryActivities(RunActivities(client), None)
    delivered = await attempt(activities.deliver_esim, BY_MAIL, of=run)
    assert delivered.channels == {"email": "not sent: this worker has no SMTP_URL"}


@pytest.mark.parametrize(("answered", "final"), [("451 try again later", False), ("550 unknown", True)])
async def test_a_mail_is_retried_unless_the_refusal_is_final(
    client: Client, run: WorkflowHandle[Any, Any], answered: str, final: bool
) -> None:
    async with mailing(client, Postbox(rcpt=answered)) as activities:
        told = await refusal(activities.deliver_esim, BY_MAIL, of=run)
    assert (told.type, told.non_retryable) == ("MailNotSent", final)
    assert "traveler" not in f"{told!r} {told.message}"


async def test_it_ends_only_when_visibility_lists_the_run_or_after_half_a_minute(
    client: Client, run: WorkflowHandle[Any, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert deliveries.VISIBLE_WITHIN_SECONDS == 30
    monkeypatch.setattr(deliveries, "VISIBLE_WITHIN_SECONDS", 0.5)
    caplog.set_level(logging.WARNING)
    unlisted = client.get_workflow_handle(run.id, run_id="another run")
    postbox, began = Postbox(), time.monotonic()
    async with mailing(client, postbox) as activities:
        assert (await attempt(activities.deliver_esim, BY_MAIL, of=unlisted)).channels == {"email": "sent"}
    assert time.monotonic() - began >= 0.5
    assert "a repeat of it may not be recognised" in caplog.text


async def test_a_visibility_that_is_away_keeps_no_traveler_from_their_esim(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with mailing(without_visibility(client), Postbox()) as activities:
        assert (await attempt(activities.deliver_esim, BY_MAIL)).channels == {"email": "sent"}
    assert "a repeat of it may not be recognised" in caplog.text
