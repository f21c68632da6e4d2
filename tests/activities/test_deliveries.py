"""Step 4: the eSIM goes to the traveler by e-mail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiosmtpd.smtp import SMTP
from pydantic import SecretStr
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.deliveries import DeliveryActivities
from activities.messages import Delivery
from delivery.mailer import Mailer
from tests.support.postbox import Postbox, listening

MAIL = Delivery(
    purchase_id="P-1001",
    product="Wakanda",
    iccid="8932000000000000001",
    activation_code="LPA:1$smdp.example.com$M",
    email="traveler@example.com",
)


@asynccontextmanager
async def mailing(postbox: Postbox) -> AsyncIterator[DeliveryActivities]:
    async with listening(lambda: SMTP(postbox)) as port:
        mailer = Mailer(SecretStr(f"smtp://127.0.0.1:{port}"), "esim@shop.example")
        yield DeliveryActivities(mailer, access_point_of={"Wakanda": "internet.wk"}.get)


async def test_the_esim_is_mailed_and_a_repeat_is_the_same_mail_and_another_number_another() -> None:
    postbox = Postbox()
    async with mailing(postbox) as activities:
        await ActivityEnvironment().run(activities.deliver_esim, MAIL)
        mail = postbox.mail()
        await ActivityEnvironment().run(activities.deliver_esim, MAIL)
        await ActivityEnvironment().run(activities.deliver_esim, MAIL.model_copy(update={"number": 2}))
    assert mail["To"] == "traveler@example.com"
    assert "Wakanda" in mail["Subject"]
    assert b"enter the APN internet.wk," in bytes(postbox.mails[0].content or b"")  # type: ignore[arg-type]
    same = [mail["Message-ID"].encode() in bytes(envelope.content or b"") for envelope in postbox.mails]  # type: ignore[arg-type]
    assert same == [True, True, False]


@pytest.mark.parametrize(
    ("answered", "told"),
    [
        ("451 try again later", ("MailNotSent", False)),
        ("550 unknown", ("MailNotSent", True)),
        ("530 authentication required", ("MailWaitsForOperator", False)),
    ],
)
async def test_a_refusal_says_whether_it_may_pass_and_whose_it_is(answered: str, told: tuple[str, bool]) -> None:
    async with mailing(Postbox(rcpt=answered)) as activities:
        with pytest.raises(ApplicationError) as refused:
            await ActivityEnvironment().run(activities.deliver_esim, MAIL)
    assert (refused.value.type, refused.value.non_retryable) == told
    assert "traveler" not in f"{refused.value!r} {refused.value.message}"


async def test_a_worker_without_a_mail_server_leaves_it_to_the_operator() -> None:
    with pytest.raises(ApplicationError, match="no SMTP_URL") as refused:
        await ActivityEnvironment().run(DeliveryActivities(None).deliver_esim, MAIL)
    assert (refused.value.type, refused.value.non_retryable) == ("MailWaitsForOperator", False)
