import httpx
import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from tests.support.html_visitor import Page, Visitor, visiting
from tests.support.portal import SECRET, opened
from tests.support.seller import PRODUCT, Seller


class SignedOn:
    """A seller's own login: a proxy in front says who has signed in."""

    async def traveler_of(self, request: Request) -> str | None:
        return request.headers.get("x-customer")

    def remember(self, response: Response, traveler_id: str) -> None:
        """The proxy does."""


async def test_a_visitor_stays_the_same_traveler_and_cannot_become_another(open_shop: Seller) -> None:
    async with opened(open_shop) as portal, visiting(portal.url) as visitor:
        endpoint_id = await visitor.owns()
        await visitor.has("/esims", endpoint_id)
        cookie = visitor.http.cookies["traveler"]
        for forged in (cookie[:-1], "W-1", cookie.replace(".", "x", 1)):
            async with httpx.AsyncClient(base_url=portal.url, cookies={"traveler": forged}) as http:
                assert endpoint_id not in (await http.get("/esims")).text


async def test_a_sellers_own_login_takes_the_place_of_the_demos(open_shop: Seller) -> None:
    customer = {"x-customer": f"C-{open_shop.number}"}
    async with (
        opened(open_shop, SignedOn()) as portal,
        httpx.AsyncClient(base_url=portal.url, timeout=60) as stranger,
        httpx.AsyncClient(base_url=portal.url, headers=customer, timeout=30) as http,
    ):
        refused = await stranger.get("/esims")
        assert (refused.status_code, "Please sign in" in refused.text) == (401, True)
        endpoint_id = await Visitor(http).owns()
        assert (await portal.seller.subscriptions.get(endpoint_id)).traveler_id == customer["x-customer"]
        assert "traveler" not in http.cookies


OTHER = "another secret so long that it cannot be guessed"


async def test_who_cannot_be_recognised_is_told_so_and_stays_who_they_are(shop: Seller) -> None:
    other = {"portal_secret": SecretStr(OTHER)}
    async with opened(shop) as portal, opened(shop, **other) as broken, visiting(portal.url) as visitor:
        endpoint_id = await visitor.owns()
        cookies = dict(visitor.http.cookies)
        for path in ("/", "/esims", "/checkout?product=Wakanda+Daily", "/purchases/P-1/events"):
            answer = await visitor.http.get(f"{broken.url}{path}")
            assert (answer.status_code, "We do not recognise this browser" in answer.text) == (503, True)
        elsewhere = {"sec-fetch-site": "cross-site"}
        anew = Page((await visitor.http.get(f"{broken.url}/")).text)
        for fields, headers in (({}, {}), ({"form": "x"}, {}), (anew.forms["anew"], elsewhere)):
            answer = await visitor.http.post(f"{broken.url}/anew", data=fields, headers=headers)
            assert answer.status_code == 403
        assert dict(visitor.http.cookies) == cookies
        await visitor.has("/esims", endpoint_id)

        # The visit above has renewed the cookie, for which the form was.
        anew = Page((await visitor.http.get(f"{broken.url}/")).text)
        answer = await visitor.http.post(f"{broken.url}/anew", data=anew.forms["anew"])
        assert (answer.status_code, "traveler" in visitor.http.cookies) == (303, False)
        assert "You have no eSIM yet" in (await visitor.http.get(f"{broken.url}/esims")).text


async def test_a_form_of_another_site_which_comes_without_cookies_makes_nobody_a_new_traveler(
    open_shop: Seller,
) -> None:
    async with opened(open_shop) as portal, httpx.AsyncClient(base_url=portal.url, timeout=60) as http:
        answer = await http.post("/purchases", headers={"sec-fetch-site": "cross-site"})
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


async def test_a_secret_can_be_changed_without_anybody_losing_anything(shop: Seller) -> None:
    async with (
        opened(shop) as before,
        opened(shop, portal_secret=SecretStr(f"{OTHER}, {SECRET}")) as changing,
        opened(shop, portal_secret=SecretStr(OTHER)) as after,
        visiting(before.url) as visitor,
    ):
        page = await visitor.checkout()
        visitor.http.base_url = changing.url
        bought = await visitor.send(page, "confirm")
        visitor.http.base_url = after.url
        await visitor.has(bought.headers["location"], "Your eSIM is ready")


async def test_purchases_that_cannot_be_read_are_kept_until_something_is_bought(shop: Seller) -> None:
    customer = {"x-customer": f"C-{shop.number}"}
    async with (
        opened(shop, SignedOn()) as portal,
        httpx.AsyncClient(base_url=portal.url, headers=customer, cookies={"purchases": "x"}) as http,
    ):
        visitor = Visitor(http)
        first, reloaded = await visitor.checkout(), await visitor.checkout()
        assert http.cookies["purchases"] == "x"
        sent = [(await visitor.send(page, "confirm")).headers["location"] for page in (first, reloaded)]
        assert sent[0] == sent[1]
        assert (await visitor.send(await visitor.checkout(), "confirm")).headers["location"] != sent[0]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("traveler@example.com", "answered a str of 20 characters, the first that it cannot have is '@'"),
        ("C" * 65, "answered a str of 65 characters, it may have 1 to 64"),
    ],
)
async def test_a_login_that_answers_what_can_be_no_traveler_is_told_to_who_set_it_up(
    open_shop: Seller, caplog: pytest.LogCaptureFixture, answer: str, says: str
) -> None:
    async with (
        opened(open_shop, SignedOn()) as portal,
        httpx.AsyncClient(base_url=portal.url, headers={"x-customer": answer}) as http,
    ):
        for path in ("/", "/esims", f"/checkout?product={PRODUCT}"):
            page = await http.get(path)
            assert (page.status_code, "Something went wrong on our side" in page.text) == (500, True)
        assert (await http.post("/purchases")).status_code == 500
    assert [line.endswith(says) for line in caplog.messages] == [True] * 4
    assert answer not in caplog.text
