from temporalio.client import Client

from portal.signing import signer
from tests.support.html_visitor import visiting
from tests.support.mailbox import delivering
from tests.support.portal import opened


async def test_an_esim_whose_email_is_still_on_its_way_is_shown_at_once(client: Client) -> None:
    async with (
        delivering(client) as (shop, mailbox),
        opened(shop) as portal,
        visiting(portal.url) as visitor,
    ):
        await visitor.text("/")
        cookie = visitor.http.cookies["traveler"]
        traveler_id = signer(portal.settings.portal_secrets(), "cookie traveler").loads(cookie)
        run = await shop.start(shop.purchase(traveler_id=traveler_id, email="traveler@example.com"))
        page = f"/esims/{(await shop.reaches(run, 'delivering')).endpoint_id}/install"
        early = await visitor.text(page)
        mailbox.is_awake.set()
        assert (await run.result()).activation_code.split("$")[-1] in early
