"""Two requests in what looks like one, and one header that says two things: whoever is in front may read the other."""

import pytest

from portal.forms import SENT_AS
from tests.support.attacked import PASSWORD, Attacked
from tests.support.raw_http import head, send

SECOND = "GET /live HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"


def request(*headers: tuple[str, str], first: str = "POST /purchases HTTP/1.1", body: str = "") -> bytes:
    """A request with these headers, in this order."""
    return head(first, [("Host", "shop"), *headers]) + body.encode()


LENGTH, CHUNKED = "Content-Length", ("Transfer-Encoding", "chunked")

AMBIGUOUS = {
    "two lengths": request((LENGTH, "0"), (LENGTH, str(len(SECOND))), body=SECOND),
    "a length and chunks": request((LENGTH, "5"), CHUNKED, body=f"0\r\n\r\n{SECOND}"),
    "chunks and a length": request(CHUNKED, (LENGTH, str(len(SECOND) + 5)), body=f"0\r\n\r\n{SECOND}"),
    "chunks by another name": request(("Transfer-Encoding", "xchunked"), (LENGTH, "5"), body=f"0\r\n\r\n{SECOND}"),
    "chunks twice": request(CHUNKED, ("Transfer-Encoding", "identity"), body=f"0\r\n\r\n{SECOND}"),
    "a space before the colon": request((f"{LENGTH} ", str(len(SECOND))), body=SECOND),
    "a length with a sign": request((LENGTH, f"+{len(SECOND)}"), body=SECOND),
    "a length below zero": request((LENGTH, "-1"), body=SECOND),
    "a length in other digits": request((LENGTH, "0x10"), body=SECOND),
    "a length in words": request((LENGTH, "ten"), body=SECOND),
    "a length without end": request((LENGTH, "9" * 40), body=SECOND),
    "a chunk below zero": request(CHUNKED, body=f"-1\r\n\r\n{SECOND}"),
    "a chunk without end": request(CHUNKED, body=f"{'f' * 30}\r\nx\r\n{SECOND}"),
    "a header over two lines": request(("X-Long", f"a\r\n {LENGTH}: {len(SECOND)}"), (LENGTH, "0"), body=""),
    "a line break of its own": request(("X-Long", f"a\n{LENGTH}: 0"), (LENGTH, str(len(SECOND))), body=SECOND),
    "a nul in a header": request(("X-Long", "a\0b"), (LENGTH, "0")),
    "a head without end": request(("X-Long", "a" * 200_000), (LENGTH, "0")),
    "headers without end": request(*((f"X-{number}", "a" * 100) for number in range(3000)), (LENGTH, "0")),
    "another protocol": request(first="POST /purchases HTTP/9.9"),
    "another host in the address": request(first="POST http://elsewhere.example/purchases HTTP/1.1"),
    "an old protocol": b"GET /esims\r\n\r\n",
    "no protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 64 + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", AMBIGUOUS)
async def test_what_can_be_read_in_two_ways_is_no_second_request(attacked: Attacked, name: str) -> None:
    before = await attacked.now()
    answer = await send(attacked.portal.url, AMBIGUOUS[name].replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1))
    assert b"alive" not in answer.everything, "the second request was answered"
    assert answer.everything.count(b"HTTP/1.1 ") <= 1, answer.everything
    assert answer.status in {0, *range(400, 500)}, answer.everything[:300]
    assert await attacked.now() == before


TWICE = {
    "two keys": ("GET /api/products", [("Authorization", "Bearer esim_x"), ("Authorization", "Bearer {key}")]),
    "a key behind another": ("GET /api/products", [("Authorization", "Bearer esim_x, Bearer {key}")]),
    "a key as another scheme": ("GET /api/products", [("Authorization", "Basic {key}")]),
    "a key in the address": ("GET /api/products?key={key}&access_token={key}", []),
    "a key in a cookie": ("GET /api/products", [("Cookie", "key={key}; authorization=Bearer {key}")]),
}


@pytest.mark.parametrize("name", TWICE)
async def test_a_key_counts_in_its_one_place_only(attacked: Attacked, name: str) -> None:
    first, headers = TWICE[name]
    given = [(header, value.replace("{key}", attacked.key)) for header, value in headers]
    first = f"{first.replace('{key}', attacked.key)} HTTP/1.1"
    answer = await send(attacked.portal.url, head(first, [("Host", "shop"), ("Connection", "close"), *given]))
    assert answer.status == 401
    assert attacked.key not in answer.text


async def test_who_names_two_types_of_a_body_logs_in_by_neither(attacked: Attacked) -> None:
    body = f"password={PASSWORD.replace(' ', '+')}"
    types = [("Content-Type", "text/plain"), ("Content-Type", SENT_AS)]
    answer = await send(
        attacked.portal.url,
        request(
            *types, (LENGTH, str(len(body))), ("Connection", "close"), first="POST /operators/login HTTP/1.1", body=body
        ),
    )
    assert (answer.status, answer.header("set-cookie")) == (403, None)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Original-URL", "X-Rewrite-URL"])
async def test_a_header_of_proxies_leads_nowhere_else(attacked: Attacked, header: str) -> None:
    for value in ("127.0.0.1", "/operators", f"for=127.0.0.1;host={'x' * 3000}", "::ffff:127.0.0.1%25x"):
        answer = await attacked.ask("GET", "/docs", {header: value})
        assert (answer.status, "Travel eSIMs" in answer.text) == (200, True)
