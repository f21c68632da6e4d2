"""A portal that cannot read what is kept: an operator's mistake, which the log explains."""

import base64
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import AsyncClient
from pydantic import SecretStr
from temporalio.client import Client

from portal.keys import ApiKeys
from temporal.data_converter import data_converter_with
from temporal.encryption.keys import KeyRing
from tests.support.audit_trail import AuditLines, audited
from tests.support.html_visitor import visiting
from tests.support.portal import opened
from tests.support.rest import calling
from tests.support.seller import Seller, eventually, seller

KEYS = f"made-up:{base64.b64encode(bytes(range(32))).decode()}"
SENTENCE = "ESIM_ENCRYPTION_KEYS is not set here: set it"


@pytest.fixture
def trail() -> Iterator[AuditLines]:
    with audited() as lines:
        yield lines


async def test_a_key_that_is_missing_is_told_to_who_can_set_it(
    client: Client, tmp_path: Path, caplog: pytest.LogCaptureFixture, trail: AuditLines
) -> None:
    caplog.set_level(logging.ERROR)
    address = client.service_client.config.target_host
    with_keys = await Client.connect(address, data_converter=data_converter_with(KeyRing.parse(KEYS)))
    settings = {
        "portal_api_keys": str(tmp_path / "keys.json"),
        "portal_operator_password": SecretStr("made up for this"),
    }
    async with seller(with_keys, esim_encryption_keys=SecretStr(KEYS)) as shop, shop.working():
        sold = await shop.sell()
        without = Seller(client, shop.platform, shop.base_url, shop.number)
        key = {"Authorization": f"Bearer {ApiKeys(tmp_path / 'keys.json').add('tests')}"}
        async with opened(without, **settings) as portal, visiting(portal.url) as visitor:
            somebody_elses = await visitor.http.get(f"/esims/{sold.endpoint_id}/install")
            assert somebody_elses.status_code == 404  # visibility tells whose it is, without any key
            page = await visitor.http.get(f"/purchases/{sold.addon.purchase_id}")
            assert (page.status_code, "We cannot reach our eSIM service" in page.text) == (503, True)
            for path in (f"travelers/T-42/esims/{sold.endpoint_id}", f"purchases/{sold.addon.purchase_id}"):
                answer = await visitor.http.get(f"/api/{path}", headers=key)
                assert (answer.status_code, answer.json()["failure"]) == (503, "Unavailable")
            await visitor.send(await visitor.page("/operators/login"), "login", password="made up for this")
            await visitor.has("/operators", sold.addon.purchase_id)
    assert [line.endswith(SENTENCE) for line in caplog.messages] == [True] * 3
    assert [line["outcome"] for line in trail.of("payload")] == ["refused"] * 3


async def test_what_was_started_with_nonsense_is_no_purchase(open_shop: Seller, tmp_path: Path) -> None:
    purchase_id = f"NONSENSE-{open_shop.number}"
    run = await open_shop.client.start_workflow(
        "ProvisionEsimWorkflow", "nonsense", id=f"provision-{purchase_id}", task_queue=open_shop.task_queue
    )

    async def over() -> bool:
        return (await run.describe()).close_time is not None

    await eventually(over)
    async with opened(open_shop) as portal, AsyncClient(base_url=portal.url, timeout=60) as http:
        assert (await http.get(f"/purchases/{purchase_id}")).status_code == 404
    async with calling(open_shop, tmp_path) as api:
        found = (await api.get(f"/purchases/{purchase_id}")).json()
    assert (found["status"], found["error"]["type"]) == ("failed", "InvalidRequest")
