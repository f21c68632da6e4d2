import time

import httpx
import pytest
from pydantic import SecretStr

from cli.problem import Problem
from delivery.webhook import EventNotTaken, Webhook
from delivery.webhook_secrets import WebhookSecrets
from tests.support.addon_events import event
from tests.support.event_receiver import SECRET, EventReceiver, listening
from tests.support.seller import eventually
from tools.demo.portal import Portal, open_portal

ANOTHER = SecretStr("whsec_" + "somebody0else0" * 4)


def webhook(portal: Portal, secret: SecretStr = SECRET) -> Webhook:
    return Webhook(SecretStr(portal.settings["PORTAL_WEBHOOK_URL"]), secret)


async def test_a_signed_event_is_taken_and_counted_once_however_often_it_comes() -> None:
    async with open_portal(SECRET) as portal, webhook(portal) as hook:
        for _ in range(2):
            await hook.post(event())
        assert portal.events.all == [event()]
    assert portal.exported == portal.settings


async def test_an_event_that_somebody_else_signed_is_refused() -> None:
    async with open_portal(SECRET) as portal, webhook(portal, ANOTHER) as hook:
        with pytest.raises(EventNotTaken, match="answered 401"):
            await hook.post(event())
        assert not portal.events.all


@pytest.mark.parametrize(("age", "status"), [(290, 204), (310, 401), (-310, 401)])
async def test_a_signature_is_good_for_five_minutes(age: int, status: int) -> None:
    async with open_portal(SECRET) as portal, httpx.AsyncClient(trust_env=False) as http:
        body, posted = event().model_dump_json().encode(), int(time.time()) - age
        headers = WebhookSecrets(SECRET).headers("subscription-1-1", posted, body)
        answer = await http.post(portal.settings["PORTAL_WEBHOOK_URL"], content=body, headers=headers)
    assert answer.status_code == status


async def test_what_is_not_signed_at_all_is_refused() -> None:
    async with open_portal(SECRET) as portal, httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(portal.settings["PORTAL_WEBHOOK_URL"], content=event().model_dump_json())
    assert answer.status_code == 401


async def test_a_portal_of_somebodys_own_gets_every_event_in_order_as_soon_as_it_takes_them() -> None:
    own, (first, second) = EventReceiver(503), (event(event_id="subscription-1-1"), event(event_id="subscription-1-2"))
    async with (
        listening(own) as theirs,
        open_portal(SECRET, theirs["portal_webhook_url"]) as portal,
        webhook(portal) as hook,
    ):
        for told in (first, second, first):
            await hook.post(told)
        assert portal.events.all == [first, second]

        async def asked() -> bool:
            return own.asked > 0

        await eventually(asked)
        own.answer = 200

        async def passed_on() -> bool:
            return own.events == [first, second]

        await eventually(passed_on)
    assert portal.exported["PORTAL_WEBHOOK_URL"] == theirs["portal_webhook_url"]


async def test_an_address_of_ones_own_that_cannot_be_posted_to_is_named() -> None:
    with pytest.raises(Problem, match="PORTAL_WEBHOOK_URL: the URL is not of the form"):
        async with open_portal(SECRET, "gopher://portal.invalid"):
            pass
