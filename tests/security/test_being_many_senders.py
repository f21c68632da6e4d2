"""Who wants to be taken for many senders, to try more than one may, or for the same one as others, to lock them out."""

import httpx

from tests.support.portal import opened
from tests.support.ports import free_port
from tests.support.seller import Seller

PASSWORD = "a password of the operators"
ATTEMPTS = 5


async def attempt(http: httpx.AsyncClient, password: str = "guessed", **headers: str) -> int:
    return (await http.post("/operators/login", data={"password": password}, headers=headers)).status_code


async def test_callers_by_ipv4_of_a_socket_for_both_are_told_apart(open_shop: Seller) -> None:
    address = f"[::]:{free_port()}"
    port = address.rpartition(":")[2]
    async with opened(open_shop, portal_operator_password=PASSWORD, portal_address=address):
        attacker = httpx.AsyncHTTPTransport(local_address="127.0.0.2")
        async with (
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", transport=attacker) as guessing,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as operator,
        ):
            assert [await attempt(guessing) for _ in range(ATTEMPTS + 1)] == [403] * ATTEMPTS + [429]
            assert await attempt(operator, PASSWORD) == 303


async def test_a_proxy_is_known_on_a_socket_for_both_and_tells_callers_apart(open_shop: Seller) -> None:
    address = f"[::]:{free_port()}"
    port = address.rpartition(":")[2]
    async with (
        opened(open_shop, portal_operator_password=PASSWORD, portal_address=address, forwarded_allow_ips="127.0.0.0/8"),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as proxy,
    ):
        # One customer, however the proxy writes the address, and whichever of theirs they take.
        for caller in (
            [f"2001:db8:0:1::{number}" for number in range(6)],
            ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1:5678", "[::ffff:192.0.2.1]:80", "64:ff9b::c000:201"] * 2,
            [f"whoever {number}" for number in range(6)],
            [f"made.up.{number}, 192.0.2.2" for number in range(6)],
        ):
            answers = [await attempt(proxy, **{"X-Forwarded-For": name}) for name in caller[:6]]
            assert answers == [403] * ATTEMPTS + [429]
        assert await attempt(proxy, PASSWORD, **{"X-Forwarded-For": "2001:db8:0:2::1"}) == 303


async def test_a_caller_on_this_machine_is_not_believed_to_be_another_where_there_is_no_proxy(
    open_shop: Seller,
) -> None:
    async with (
        opened(open_shop, portal_operator_password=PASSWORD) as portal,
        httpx.AsyncClient(base_url=portal.url, timeout=60) as local,
    ):
        answers = [await attempt(local, **{"X-Forwarded-For": f"192.0.2.{number}"}) for number in range(6)]
        assert answers == [403] * ATTEMPTS + [429]
    async with (
        opened(open_shop, portal_operator_password=PASSWORD, portal_https=True) as portal,
        httpx.AsyncClient(base_url=portal.url, timeout=60) as proxy,
    ):
        answers = [await attempt(proxy, **{"X-Forwarded-For": f"192.0.2.{number}"}) for number in range(6)]
        assert answers == [403] * 6
