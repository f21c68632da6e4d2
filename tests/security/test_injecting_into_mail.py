"""Headers, recipients and HTML, put into a mail by way of what is sold and to whom."""

import json
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from markupsafe import escape
from pydantic import ValidationError
from temporalio.client import Client

from contract.purchase import EsimPurchase
from tests.support.encrypting_shop import encrypting_shop
from tests.support.mailbox import Mailbox, mail_server
from tests.support.raw_http import ask
from tests.support.rest import calling
from tests.support.seller import eventually

RECIPIENTS = (
    *(
        "a@b.example\r\nBcc: x@y.example",
        "a@b.example,x@y.example",
        "a@b.example;x@y.example",
        "a@b.example x@y.example",
    ),
    *("a@b.example>\r\nRCPT TO:<x@y.example", '"a"<x@y.example>', "a@b.example\0", "a@b@y.example", "@b.example", "a@"),
    *(
        "a@b.example\u2028Bcc: x@y.example",
        "a" * 250 + "@b.example",
        "(x)a@b.example",
        "a@[127.0.0.1]",
        "-f@\\b.example",
    ),
)

HEADERS = (
    "Wakanda\r\nBcc: x@y.example",
    "Wakanda\nSubject: other",
    "Wakanda\r",
    "Wakanda\0",
    "Wakanda\u2028x",
    "\x1b[2J",
)

TAG = "Wakanda</h1><img src=x onerror=alert(1)>&amp;\"'{{7*7}}=?utf-8?q?Bcc:_x@y.example?="


async def test_no_field_of_a_purchase_adds_to_a_mail(client: Client, tmp_path: Path) -> None:
    mailbox = Mailbox()
    async with mail_server(mailbox) as settings, encrypting_shop(client) as shop:
        shop.settings |= settings
        async with shop.working(), calling(shop, tmp_path) as portal:
            base = str(portal.base_url).rstrip("/").removesuffix("/api")
            sent = {"Authorization": portal.headers["Authorization"], "Content-Type": "application/json"}
            purchase = {**shop.purchase().model_dump(mode="json"), "traveler_id": "T-mail", "email": "a@b.example"}
            refused = [purchase | {"email": email} for email in RECIPIENTS]
            refused += [purchase | {name: text} for name in ("product", "plan_id") for text in HEADERS]
            for one in refused:
                answer = await ask(base, "POST", "/api/purchases", sent, json.dumps(one).encode())
                assert answer.status == 422, one
                assert "b.example" not in answer.text, "an address is nobody's to read"
            bought = await portal.post("/purchases", json=purchase | {"product": TAG})
            assert bought.status_code == 201, bought.text

            async def arrived() -> bool:
                return bool(mailbox.received)

            await eventually(arrived)
    assert_one_honest_mail(mailbox)


def assert_one_honest_mail(mailbox: Mailbox) -> None:
    [envelope] = mailbox.received
    assert envelope.rcpt_tos == ["a@b.example"]
    assert isinstance(envelope.content, bytes)
    mail = message_from_bytes(envelope.content, _class=EmailMessage, policy=default)
    assert (mail["To"], mail["Bcc"], mail["Cc"], len(mail.get_all("Subject", []))) == ("a@b.example", None, None, 1)
    html = mail.get_body(("html",))
    assert html is not None
    assert str(escape(TAG)) in html.get_content()
    assert "<img src=x" not in html.get_content()


@pytest.mark.parametrize("recipient", RECIPIENTS)
def test_what_is_no_address_is_not_shown_by_who_refuses_it(recipient: str) -> None:
    with pytest.raises(ValidationError) as caught:
        EsimPurchase.model_validate(
            {"purchase_id": "P-1", "traveler_id": "T-1", "product": "x", "plan_id": "y", "email": recipient}
        )
    assert recipient not in str(caught.value)
