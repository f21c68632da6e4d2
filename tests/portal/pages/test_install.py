import pytest
from temporalio.client import Client

from cli.documents import InstallCodes
from cli.views import install_view
from portal.signing import signer
from seller.client import SellerClient
from tests.support.html_visitor import visiting
from tests.support.mailbox import delivering
from tests.support.portal import opened
from tests.support.seller import seller


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


async def test_an_esim_that_asks_for_a_confirmation_code_says_so_wherever_it_is_shown(client: Client) -> None:
    async with seller(client, esims=1) as shop, shop.working(), opened(shop) as portal, visiting(portal.url) as visitor:
        [endpoint] = shop.platform.endpoints
        endpoint.matching_id = f"{endpoint.matching_id}$1"  # as some write it
        endpoint_id = await visitor.owns()
        page = await visitor.text(f"/esims/{endpoint_id}/install")
        assert "You need a confirmation code." in page
        sold = await portal.seller.subscriptions.sold_as(await portal.seller.subscriptions.get(endpoint_id))
    assert sold.activation_code.endswith("$$1")
    assert sold.model_dump(mode="json")["needs_confirmation_code"] is True
    assert "Confirmation code:" in install_view(sold.activation_code)[-1]
    assert InstallCodes.of(sold.activation_code, purchase_id="P-1", png=None, svg=None).needs_confirmation_code


async def test_what_no_phone_could_install_is_never_sold(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    async with seller(client, esims=2) as shop, shop.working():
        broken, good = shop.platform.endpoints
        broken.matching_id = ""
        assert (await shop.sell()).endpoint_id == good.endpoint_id
        counted = await SellerClient(shop.client, shop.task_queue).stock.count()
        assert (counted.available, counted.uninstallable) == (0, 1)
    assert f"Endpoint {broken.endpoint_id} is passed over" in caplog.text
