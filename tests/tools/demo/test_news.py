import asyncio

import pytest
from pydantic import SecretStr

from cli.screen import Screen
from contract.event import Event
from delivery.mailer import Mailer
from delivery.webhook import Webhook
from tests.support.addon_events import event
from tests.support.event_receiver import SECRET
from tests.support.seller import eventually
from tools.demo.mailbox import Mailbox, open_mailbox
from tools.demo.news import News
from tools.demo.portal import Portal, open_portal


async def tell(mailbox: Mailbox, portal: Portal, happened: Event) -> None:
    """As a worker does that is configured with their settings."""
    mailer = Mailer(SecretStr(mailbox.settings["SMTP_URL"]), mailbox.settings["EMAIL_FROM"])
    await mailer.send_notice(recipient=SecretStr("traveler@example.com"), event=happened)
    secret = SecretStr(portal.settings["PORTAL_WEBHOOK_SECRET"])
    async with Webhook(SecretStr(portal.settings["PORTAL_WEBHOOK_URL"]), secret) as webhook:
        await webhook.post(happened)


async def test_news_of_an_esim_of_an_earlier_demo_are_not_taken_for_what_is_waited_for() -> None:
    earlier = event(event_id="subscription-1-5", product="An earlier one")
    assert earlier.addon is not None
    earlier.addon.purchase_id = "demo-1"
    async with open_mailbox() as mailbox, open_portal(SECRET) as portal:
        news = News(mailbox, portal, Screen(as_json=True))
        await tell(mailbox, portal, earlier)
        await tell(mailbox, portal, event(product="Wakanda 30 días"))
        assert await news.event("addon_used_80_percent", "P-1001") == event(product="Wakanda 30 días")
        await news.mail("subscription-4000001-5")
    assert (news.mails, news.events) == (["80% used: Wakanda 30 días"], ["addon_used_80_percent"])


async def test_while_a_demo_stays_up_all_news_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    async with open_mailbox() as mailbox, open_portal(SECRET) as portal:
        showing = asyncio.create_task(News(mailbox, portal, Screen()).keep_showing())
        await asyncio.sleep(0)  # it has begun
        await tell(mailbox, portal, event())
        shown = ""

        async def both() -> bool:
            nonlocal shown
            shown += capsys.readouterr().out
            return "mailbox: 80% used" in shown and "signature verified: addon_used_80_percent" in shown

        await eventually(both)
        showing.cancel()
