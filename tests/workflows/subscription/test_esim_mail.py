"""The mail with the eSIM over a day and more: on a server that skips the time, to a mail server that refuses it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowHandle
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from contract.delivery import MailDelivery
from contract.subscription import Subscription
from contract.workflow_ids import subscription_id
from tests.support.mailbox import Greylisting, Mailbox, Member, mail_server
from tests.support.seller import Seller, eventually, seller
from tests.support.subscription_states import bought, state_with
from workflows.policies import MAIL, MAIL_WAITS

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

pytestmark = [
    pytest.mark.long,
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS"),
]


@pytest.fixture
def rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every hour is enough for a test of days."""
    for policy in (MAIL, MAIL_WAITS):
        monkeypatch.setattr(policy.retry, "maximum_interval", HOUR)


@asynccontextmanager
async def mailing(
    skipping: WorkflowEnvironment, mailbox: Mailbox, member: Member | None = None
) -> AsyncIterator[tuple[Seller, WorkflowHandle[Any, Subscription]]]:
    """A subscription whose eSIM is to be mailed."""
    async with (
        mail_server(mailbox, member) as settings,
        seller(skipping.client, esims=1, **settings) as shop,
        shop.working(),
    ):
        endpoint_id = shop.platform.endpoints[0].endpoint_id
        shop.platform.set_status(endpoint_id, "Active")
        state = state_with([bought(1)], endpoint_id)
        state.purchase.email = "traveler@example.com"
        run: WorkflowHandle[Any, Subscription] = await shop.client.start_workflow(
            "TravelerSubscriptionWorkflow",
            state,
            id=subscription_id(endpoint_id),
            task_queue=shop.task_queue,
            result_type=Subscription,
        )
        await run.execute_update("resend", {})
        yield shop, run
        with suppress(RPCError):  # it has ended
            await run.terminate()


async def delivery(run: WorkflowHandle[Any, Subscription], *statuses: str) -> MailDelivery:
    async def stands() -> MailDelivery | None:
        esim = await run.query("subscription", result_type=Subscription)
        return esim.delivery if esim.delivery and esim.delivery.status in statuses else None

    return await eventually(stands)


async def test_a_greylisting_server_gets_the_mail_again_after_its_five_minutes(skipping: WorkflowEnvironment) -> None:
    mailbox = Greylisting()
    async with mailing(skipping, mailbox) as (_, run):
        await skipping.sleep(4 * MINUTE)
        waiting = await delivery(run, "on_its_way")
        assert waiting.reason == "the mail server refused the recipient (451)"
        assert 3 <= mailbox.refused < 10
        mailbox.takes.set()
        await skipping.sleep(6 * MINUTE)
        sent = await delivery(run, "sent")
        assert 0 * HOUR < sent.since - sent.ordered_at < 10 * MINUTE
    assert len(mailbox.received) == 1


@pytest.mark.usefixtures("rarely")
async def test_what_is_refused_for_a_day_is_given_up(skipping: WorkflowEnvironment) -> None:
    mailbox = Greylisting()
    async with mailing(skipping, mailbox) as (_, run):
        await skipping.sleep(23 * HOUR)
        assert (await delivery(run, "on_its_way", "not_sent")).status == "on_its_way"
        await skipping.sleep(2 * HOUR)
        given_up = await delivery(run, "not_sent")
        assert given_up.reason == "the mail server refused the recipient (451), for a day"
        assert 20 < mailbox.refused < 40


@pytest.mark.usefixtures("rarely")
async def test_a_wrong_password_is_waited_for_beyond_a_day_and_uses_up_none_of_it(
    skipping: WorkflowEnvironment,
) -> None:
    mailbox, member = Greylisting(), Member("wrong")
    async with mailing(skipping, mailbox, member) as (_, run):
        await skipping.sleep(30 * HOUR)
        waiting = await delivery(run, "waits_for_operator")
        assert waiting.reason == "the mail server refused the user name or the password (535)"
        member.password = "right"
        await skipping.sleep(2 * HOUR)
        assert (await delivery(run, "on_its_way")).reason == "the mail server refused the recipient (451)"
        mailbox.takes.set()
        await skipping.sleep(2 * HOUR)
        await delivery(run, "sent")
    assert len(mailbox.received) == 1


async def test_an_esim_that_is_closed_is_not_mailed_any_more_and_ends(skipping: WorkflowEnvironment) -> None:
    mailbox = Mailbox()
    async with mailing(skipping, mailbox, Member("wrong")) as (_, run):
        await delivery(run, "waits_for_operator")
        await run.execute_update("close", {"reason": "customer_service"})
        closed = (await run.query("subscription", result_type=Subscription)).delivery
        assert closed
        assert (closed.status, closed.reason) == ("not_sent", "the eSIM was closed first")
    assert not mailbox.received
