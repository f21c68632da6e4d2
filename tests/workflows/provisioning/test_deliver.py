"""Step 4: delivering by e-mail, and what the result says about it."""

from datetime import timedelta
from email import message_from_bytes

import pytest
from temporalio.client import Client

from tests.support.mailbox import Mailbox, mail_server
from tests.support.seller import seller
from workflows import policies


async def test_a_purchase_with_an_address_is_delivered_by_email(client: Client) -> None:
    mailbox = Mailbox()
    async with mail_server(mailbox) as settings, seller(client, **settings) as shop, shop.working():
        sold = await shop.sell(shop.purchase(email="traveler@example.com"))
        assert sold.delivery == {"email": "sent"}
        [envelope] = mailbox.received
        assert envelope.rcpt_tos == ["traveler@example.com"]
        assert isinstance(envelope.content, bytes)
        text = "".join(str(part.get_payload(decode=True)) for part in message_from_bytes(envelope.content).walk())
        assert sold.activation_code in text


async def test_an_email_that_cannot_be_sent_does_not_fail_the_sale(client: Client) -> None:
    mailbox = Mailbox("554 Nobody here wants this")
    async with mail_server(mailbox) as settings, seller(client, **settings) as shop, shop.working():
        sold = await shop.sell(shop.purchase(email="traveler@example.com"))
        assert sold.delivery["email"].startswith("not sent: ")
        assert sold.addon.status == "provisioned"


async def test_an_email_is_tried_again_where_that_may_help(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies.DELIVERY.retry, "initial_interval", timedelta(seconds=0.2))
    mailbox = Mailbox("451 Try again later")
    async with mail_server(mailbox) as settings, seller(client, **settings) as shop, shop.working():
        sold = await shop.sell(shop.purchase(email="traveler@example.com"))
        assert sold.delivery["email"].startswith("not sent: ")
        assert len(mailbox.received) == 4


async def test_without_a_mail_server_the_delivery_says_so(client: Client) -> None:
    async with seller(client) as shop, shop.working():
        sold = await shop.sell(shop.purchase(email="traveler@example.com"))
        assert "SMTP_URL" in sold.delivery["email"]
