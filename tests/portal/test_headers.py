import httpx
import pytest

from portal.headers import HEADERS
from tests.support.html_visitor import visiting
from tests.support.portal import opened
from tests.support.seller import PRODUCT, Seller


async def test_every_answer_says_what_may_be_loaded_and_that_nobody_may_keep_it(open_shop: Seller) -> None:
    async with opened(open_shop) as portal, visiting(portal.url) as visitor:
        endpoint_id = await visitor.owns()
        addresses = ["/", f"/checkout?product={PRODUCT}", "/esims", f"/esims/{endpoint_id}/install"]
        answers = [await visitor.http.get(address) for address in (*addresses, "/nothing", "/static/nothing")]
        answers.append(await visitor.http.post("/purchases"))
        assert [answer.status_code for answer in answers] == [200] * 4 + [404, 404, 403]
        for answer in answers:
            assert {name: answer.headers[name] for name in HEADERS} == HEADERS
            assert "strict-transport-security" not in answer.headers
        for part in (" style=", "<style", " onclick=", "<script>"):
            assert not any(part in answer.text for answer in answers)


async def test_what_goes_wrong_here_is_told_without_a_word_about_it(open_shop: Seller) -> None:
    async with opened(open_shop) as portal, visiting(portal.url) as visitor:
        form = await visitor.checkout(PRODUCT)
        portal.shop.seller.sales = None  # type: ignore[assignment]
        broken = await visitor.send(form, "confirm")
        assert (broken.status_code, broken.headers["cache-control"]) == (500, "no-store")
        assert "Something went wrong on our side" in broken.text
        assert "NoneType" not in broken.text


async def test_the_style_sheet_and_the_script_are_kept_and_have_another_address_once_they_change(
    open_shop: Seller,
) -> None:
    async with opened(open_shop) as portal, visiting(portal.url) as visitor:
        page = await visitor.text("/")
        for name in ("portal.css", "portal.js", "icon.svg"):
            address = f"/static/{name}?" + page.split(f"/static/{name}?")[1].split('"')[0]
            kept = await visitor.http.get(address)
            assert (kept.status_code, kept.headers["cache-control"]) == (200, "public, max-age=86400")


@pytest.mark.parametrize("https", [True, False])
async def test_cookies_are_for_this_site_and_no_script_and_for_tls_alone_where_there_is_tls(
    open_shop: Seller, https: bool
) -> None:
    async with opened(open_shop, portal_https=https) as portal, httpx.AsyncClient() as http:
        answer = await http.get(portal.url)
        for cookie in answer.headers.get_list("set-cookie"):
            assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
            assert (cookie.startswith("__Host-"), "; Secure" in cookie) == (https, https)
            assert "Domain" not in cookie
        assert [cookie.split("=")[0].removeprefix("__Host-") for cookie in answer.headers.get_list("set-cookie")] == [
            "purchases",
            "traveler",
        ]
        assert ("strict-transport-security" in answer.headers) == https
