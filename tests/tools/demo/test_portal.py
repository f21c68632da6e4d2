import time

import httpx
import pytest
from pydantic import SecretStr

from delivery.webhook import EventNotTaken, Webhook, signature
from tests.support.addon_events import event
from tools.demo.portal import Portal, open_portal


def webhook(portal: Portal, secret: str) -> Webhook:
    return Webhook(SecretStr(portal.settings["PORTAL_WEBHOOK_URL"]), SecretStr(secret))


async def test_a_signed_event_is_taken_and_counted_once_however_often_it_comes() -> None:
    async with open_portal() as portal, webhook(portal, portal.settings["PORTAL_WEBHOOK_SECRET"]) as hook:
        for _ in range(2):
            await hook.post(event())
        assert portal.events.all == [event()]


async def test_an_event_that_somebody_else_signed_is_refused() -> None:
    async with open_portal() as portal, webhook(portal, "the secret of somebody else") as hook:
        with pytest.raises(EventNotTaken, match="answered 401"):
            await hook.post(event())
        assert not portal.events.all


@pytest.mark.parametrize(("age", "status"), [(290, 204), (310, 401), (-310, 401)])
async def test_a_signature_is_good_for_five_minutes(age: int, status: int) -> None:
    async with open_portal() as portal, httpx.AsyncClient(trust_env=False) as http:
        body, posted = event().model_dump_json().encode(), int(time.time()) - age
        signed = f"v1={signature(portal.secret, posted, body)}"
        headers = {"X-Esim-Timestamp": str(posted), "X-Esim-Signature": signed}
        answer = await http.post(portal.settings["PORTAL_WEBHOOK_URL"], content=body, headers=headers)
    assert answer.status_code == status


async def test_what_is_not_signed_at_all_is_refused() -> None:
    async with open_portal() as portal, httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(portal.settings["PORTAL_WEBHOOK_URL"], content=event().model_dump_json())
    assert answer.status_code == 401


def test_every_portal_has_a_secret_of_its_own() -> None:
    assert Portal().secret != Portal().secret
