"""Step 4: the subscription mails the eSIM, for which no sale waits; and once more, where somebody orders it."""

from email import message_from_bytes

from temporalio.client import Client

from contract.delivery import MailDelivery
from tests.support.mailbox import Mailbox, mail_server
from tests.support.seller import Seller, eventually, seller


async def delivered(shop: Seller, endpoint_id: str, status: str) -> MailDelivery:
    async def stands() -> MailDelivery | None:
        delivery = (await shop.subscription(endpoint_id)).delivery
        return delivery if delivery and delivery.status == status else None

    return await eventually(stands)


async def test_a_purchase_with_an_address_is_delivered_by_email(client: Client) -> None:
    mailbox = Mailbox()
    async with mail_server(mailbox) as settings, seller(client, **settings) as shop, shop.working():
        sold = await shop.sell(shop.purchase(email="traveler@example.com"))
        assert sold.delivery == {"email": "on its way"}
        delivery = await delivered(shop, sold.endpoint_id, "sent")
        assert (delivery.to, delivery.reason) == ("t…@example.com", None)
        [envelope] = mailbox.received
        assert envelope.rcpt_tos == ["traveler@example.com"]
        assert isinstance(envelope.content, bytes)
        text = "".join(str(part.get_payload(decode=True)) for part in message_from_bytes(envelope.content).walk())
        assert sold.activation_code in text


async def test_no_sale_waits_for_a_mail_server(client: Client) -> None:
    mailbox = Mailbox()
    mailbox.is_awake.clear()
    async with mail_server(mailbox) as settings, seller(client, **settings) as shop, shop.working():
        sold = await shop.sell(shop.purchase(email="traveler@example.com"))
        assert sold.addon.status == "provisioned"
        assert not mailbox.received
        mailbox.is_awake.set()
        await delivered(shop, sold.endpoint_id, "sent")


async def test_a_mail_to_a_mistyped_address_is_sent_again_to_the_right_one_once(client: Client) -> None:
    mailbox = Mailbox("554 Nobody here wants this")
    async with mail_server(mailbox) as settings, seller(client, **settings) as shop, shop.working():
        sold = await shop.sell(shop.purchase(email="travler@example.com"))
        failed = await delivered(shop, sold.endpoint_id, "not_sent")
        assert failed.reason == "the mail server refused the mail (554)"
        mailbox.answer = "250 OK"
        mailbox.is_awake.clear()
        run, order = shop.run_of(sold.endpoint_id), {"email": "traveler@example.com", "ordered_by": "anna"}
        for _ in range(2):  # the second changes nothing
            await run.execute_update("resend", order)
        mailbox.is_awake.set()
        await delivered(shop, sold.endpoint_id, "sent")
        esim = await shop.subscription(sold.endpoint_id)
        assert [(one.order, one.reason, one.ordered_by) for one in esim.orders] == [
            ("resend", "to another address", "anna")
        ]
        await run.execute_update("resend", {})  # to the same one, from now on
        await eventually(lambda: arrived(mailbox, 3))
    first, second, third = mailbox.received
    assert (first.rcpt_tos, second.rcpt_tos, third.rcpt_tos) == (
        *(["travler@example.com"], ["traveler@example.com"]),
        ["traveler@example.com"],
    )
    ids = {message_from_bytes(bytes(one.content or b""))["Message-ID"] for one in mailbox.received}  # type: ignore[arg-type]
    assert len(ids) == 3


async def arrived(mailbox: Mailbox, mails: int) -> bool:
    return len(mailbox.received) >= mails


async def test_without_a_mail_server_the_delivery_says_so(client: Client) -> None:
    async with seller(client) as shop, shop.working():
        sold = await shop.sell(shop.purchase(email="traveler@example.com"))
        assert sold.delivery == {"email": "not sent: the workers have no SMTP_URL"}
        esim = await shop.subscription(sold.endpoint_id)
        assert esim.delivery
        assert (esim.delivery.status, esim.delivery.reason) == ("not_sent", "the workers have no SMTP_URL")
