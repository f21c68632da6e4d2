"""Mailing an eSIM once more over REST, and what the log says of orders."""

import logging
from pathlib import Path

import pytest
from temporalio.client import Client

from portal.keys import Limits
from tests.support.mailbox import Mailbox, mail_server
from tests.support.rest import calling
from tests.support.seller import PRODUCT, Seller, eventually, seller


async def test_an_esim_is_mailed_again_and_elsewhere_only_by_a_key_that_sees_codes(
    client: Client, tmp_path: Path
) -> None:
    mailbox = Mailbox()
    async with mail_server(mailbox) as settings, seller(client, **settings) as shop, shop.working():
        sold = await shop.sell(shop.purchase(email="travler@example.com"))
        esim = f"/travelers/T-42/esims/{sold.endpoint_id}"
        await eventually(lambda: arrived(mailbox, 1))
        for directory in ("with", "without"):
            (tmp_path / directory).mkdir()
        async with calling(shop, tmp_path / "without", Limits(without_codes=True)) as api:
            refused = await api.post(f"{esim}/mail", json={"email": "thief@example.com"})
            assert (refused.status_code, refused.json()["failure"]) == (403, "Forbidden")
            assert (await api.post(f"{esim}/mail", json={})).status_code == 202
            await eventually(lambda: arrived(mailbox, 2))
        async with calling(shop, tmp_path / "with") as api:
            sent = await api.post(f"{esim}/mail", json={"email": "traveler@example.com", "ordered_by": "anna"})
            assert (sent.status_code, sent.json()["delivery"]["to"]) == (202, "t…@example.com")
            await eventually(lambda: arrived(mailbox, 3))
            assert (await api.post("/travelers/T-43/esims/1/mail", json={})).status_code == 404
            wrong = await api.post(f"{esim}/mail", json={"email": "no address"})
            assert (wrong.status_code, "no address" in wrong.text) == (422, False)
            await api.post(f"{esim}/close", json={"reason": "customer_service"})
            late = await api.post(f"{esim}/mail", json={})
            assert (late.status_code, late.json()["failure"]) == (409, "Cancelled")
    assert [one.rcpt_tos[0].partition("@")[0] for one in mailbox.received] == ["travler", "travler", "traveler"]


async def arrived(mailbox: Mailbox, mails: int) -> bool:
    return len(mailbox.received) >= mails


async def test_an_order_is_logged_with_its_purchase_and_its_endpoint(
    shop: Seller, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="portal.api")
    async with calling(shop, tmp_path) as api:
        first = {"purchase_id": f"P-{next(shop.numbers)}", "traveler_id": "T-42", "product": PRODUCT}
        sold = (await api.post("/purchases", json=first, headers={"Prefer": "wait=20"})).json()
        addon = {"purchase_id": f"P-{next(shop.numbers)}", "product": PRODUCT}
        await api.post(f"/travelers/T-42/esims/{sold['esim']['endpoint_id']}/addons", json=addon)
    told = [record.getMessage() for record in caplog.records if record.name == "portal.api"]
    endpoint_id = sold["esim"]["endpoint_id"]
    for line, order in zip(told, (first, addon), strict=True):
        assert line.endswith(f"purchase_id={order['purchase_id']} endpoint_id={endpoint_id}")
