import httpx
from starlette.requests import Request
from starlette.responses import Response

from portal.app import application
from serving.address import Address
from serving.server import serving
from tests.portal.open import opened
from tests.portal.pages.visitor import Visitor, visiting
from tests.ports import free_port
from tests.seller import Seller


class SignedOn:
    """A seller's own login: a proxy in front says who has signed in."""

    async def traveler_of(self, request: Request) -> str | None:
        return request.headers.get("x-customer")

    def remember(self, response: Response, traveler_id: str) -> None:
        """The proxy does."""


async def test_a_visitor_stays_the_same_traveler_and_can_not_become_another(open_shop: Seller) -> None:
    async with opened(open_shop) as portal, visiting(portal.url) as visitor:
        endpoint_id = await visitor.owns()
        await visitor.has("/esims", endpoint_id)
        cookie = visitor.http.cookies["traveler"]
        for forged in (cookie[:-1], "W-1", cookie.replace(".", "x", 1)):
            async with httpx.AsyncClient(base_url=portal.url, cookies={"traveler": forged}) as http:
                assert endpoint_id not in (await http.get("/esims")).text


async def test_a_sellers_own_login_takes_the_place_of_the_demos(open_shop: Seller) -> None:
    async with opened(open_shop) as portal:
        address = Address("127.0.0.1", free_port())
        customer = {"x-customer": f"C-{open_shop.number}"}
        async with (
            serving(application(portal.shop, portal.settings, SignedOn()), address.listener()),
            httpx.AsyncClient(base_url=f"http://{address}") as stranger,
            httpx.AsyncClient(base_url=f"http://{address}", headers=customer, timeout=30) as http,
        ):
            refused = await stranger.get("/esims")
            assert (refused.status_code, "Please sign in" in refused.text) == (401, True)
            endpoint_id = await Visitor(http).owns()
            assert (await portal.shop.esim(endpoint_id)).traveler_id == customer["x-customer"]
            assert "traveler" not in http.cookies
