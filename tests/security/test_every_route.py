"""Attacks on whatever the portal answers: each is tried on every route of the index that it fits."""

import asyncio
import json
import logging
import re
from urllib.parse import quote

import pytest

from portal.forms import SENT_AS
from portal.headers import HEADERS
from portal.limits import LARGEST_BODY
from tests.security.index import PORTAL, Entry
from tests.support.attacked import Attacked
from tests.support.raw_http import Answer
from tests.support.telling import long_but

MARK = "smuggled4711"
"""In whatever is sent, so that it is seen where it comes back."""

HOSTILE = (
    *(".", "..", "%2e%2e", "..%2f..%2f..%2fetc%2fpasswd", "..%5c..%5cetc", "%00", "%20", "a%00b"),
    *("x%0d%0aSet-Cookie:%20stolen=1", "x%0aforged%20line", "%1b%5b2J", "%e2%80%a8", "%c2%85"),
    *(quote(f"{MARK}' OR TravelerId != '"), quote(f'{MARK}" OR 1=1 --'), quote(f"<script>{MARK}()</script>")),
    *(quote("{{7*7}}${7*7}#{7*7}"), quote("${jndi:ldap://127.0.0.1/a}"), quote("%s%n%x{0}")),
    *(
        "%ff%fe",
        "%ed%a0%80",
        "%c0%ae%c0%ae",
        "%zz",
        "%",
        quote("\uff14\uff17\uff11\uff11"),
        quote("\u202e4711"),
        quote("é" * 64),
        "a" * 5000,
    ),
)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "QUERY")

DEEP = 30_000


def bodies() -> dict[str, tuple[str, bytes]]:
    """What no portal of ours and no browser would send, with how it says it is meant."""
    js, form = "application/json", SENT_AS
    return {
        "nothing": (js, b""),
        "no JSON": (js, b'{"purchase_id": '),
        "no object": (js, b'["purchase_id"]'),
        "not UTF-8": (js, b'{"purchase_id": "\xff\xfe"}'),
        "another encoding": (js, '{"purchase_id": "P-1"}'.encode("utf-16")),
        "half a character": (js, b'{"purchase_id": "\\ud800", "product": "\\udfff", "reason": "\\ud800"}'),
        "deep arrays": (js, b"[" * DEEP + b"]" * DEEP),
        "deep objects": (js, b'{"a":' * (DEEP // 3) + b"1" + b"}" * (DEEP // 3)),
        "a number of 60000 digits": (js, b'{"purchase_id": ' + b"9" * 60_000 + b"}"),
        "no number": (js, b'{"purchase_id": NaN, "stock_wait_seconds": Infinity, "reason": -Infinity}'),
        "a name many times": (js, b"{" + b'"purchase_id": "a",' * 3000 + b'"purchase_id": []}'),
        "many names": (js, json.dumps({f"name{number}": number for number in range(4000)}).encode()),
        "a prototype": (js, b'{"__proto__": {"purchase_id": "x"}, "constructor": {}, "__class__": "os.system"}'),
        "control characters": (js, b'{"purchase_id": "a\\u0000b", "product": "a\\r\\nBcc: x", "reason": "\\u001b[2J"}'),
        "too much": (js, b'{"purchase_id": "' + b"x" * LARGEST_BODY + b'"}'),
        "JSON as a form": (form, b'{"form": "x"}'),
        "JSON as text": ("text/plain", b'{"purchase_id": "P-1"}'),
        "JSON in no encoding": (f"{js}; charset=undefined", b'{"purchase_id": "P-1"}'),
        "XML": ("application/xml", b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y "z">]><x>&y;</x>'),
        "many fields": (form, b"&".join(b"f%d=1" % number for number in range(5000))),
        "a field many times": (form, b"form=a&" * 3000 + b"form=b"),
        "fields that are not text": (form, b"form=%ff%fe&product=%00&plan_id=%0d%0a"),
        "parts without an end": ("multipart/form-data; boundary=x", b"--x\r\n" * 1000),
        "a part with a file": (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="form"; filename="../../x"\r\n\r\nx\r\n--x--\r\n',
        ),
        "no type": ("", b"form=x"),
    }


def of(*whom: str) -> list[str]:
    """The routes of these."""
    return [route for route, entry in PORTAL.items() if entry.who in whom]


def filled(path: str, **ids: str) -> str:
    """A path with these ids in it; of what is mounted whole, a file."""
    if path == "/static":
        return "/static/portal.css"
    return re.sub(r"{(\w+)}", lambda name: ids[name[1]], path)


def assert_harmless(answer: Answer, sent: str) -> None:
    """Refused, or answered as always: without an error of ours, and with nothing in it that was smuggled in."""
    assert answer.status in {*range(200, 500), 503}, (sent, answer.everything[:300])
    text = answer.text
    assert f"<script>{MARK}" not in text, sent
    assert "Traceback" not in text, sent
    assert "root:" not in text, sent
    assert not any("stolen" in value for name, value in answer.headers if name != "location"), sent
    if answer.header("content-type") not in (None, "text/plain; charset=utf-8"):  # else it never got to the portal
        assert_safe_for_a_browser(answer)


def assert_safe_for_a_browser(answer: Answer) -> None:
    for name, value in HEADERS.items():
        if name != "Cache-Control":
            assert answer.header(name.lower()) == value, answer.everything[:300]


def assert_one_line_each(log: pytest.LogCaptureFixture) -> None:
    """Nothing that was sent began a line of its own in the log, or moved the cursor of who reads it."""
    assert [message for message in log.messages if not message.isprintable()] == []


TELLING = (
    "GET /esims/{endpoint_id}/install",
    "POST /operators/sales/{purchase_id}/amend",
    "GET /api/travelers/{traveler_id}/esims/{endpoint_id}/qr.svg",
)


@pytest.mark.parametrize("route", long_but(TELLING, [route for route in PORTAL if "{" in route]))
async def test_what_is_put_into_an_address_goes_no_further(
    attacked: Attacked, caplog: pytest.LogCaptureFixture, route: str
) -> None:
    caplog.set_level(logging.INFO)
    before, entry = await attacked.now(), PORTAL[route]
    method, _, path = route.partition(" ")
    body = b"" if method == "POST" else None
    for name in re.findall(r"{(\w+)}", path):
        targets = [filled(path, **attacked.ids | {name: hostile}) for hostile in HOSTILE]
        answers = await asyncio.gather(
            *(attacked.ask(method, target, attacked.shown(entry.who), body) for target in targets)
        )
        for target, answer in zip(targets, answers, strict=True):
            assert_harmless(answer, target)
            assert answer.status >= 300 or entry.who == "key", target
    assert_one_line_each(caplog)
    assert await attacked.now() == before


@pytest.mark.long
@pytest.mark.parametrize("route", [route for route in PORTAL if route.startswith("GET")])
async def test_what_is_put_behind_an_address_goes_no_further(
    attacked: Attacked, caplog: pytest.LogCaptureFixture, route: str
) -> None:
    caplog.set_level(logging.INFO)
    before, entry = await attacked.now(), PORTAL[route]
    method, _, path = route.partition(" ")
    own = filled(path, **attacked.ids)
    threes = zip(HOSTILE, HOSTILE[1:] + HOSTILE[:1], HOSTILE[2:] + HOSTILE[:2], strict=True)
    targets = [f"{own}?product={a}&note={b}&said={c}&{a}=1" for a, b, c in list(threes)[::3]]
    answers = await asyncio.gather(*(attacked.ask(method, target, attacked.shown(entry.who)) for target in targets))
    for target, answer in zip(targets, answers, strict=True):
        assert_harmless(answer, target)
        assert MARK not in answer.text, target
    assert_one_line_each(caplog)
    assert await attacked.now() == before


@pytest.mark.parametrize("route", PORTAL)
async def test_no_answer_lacks_the_headers_that_keep_a_browser_safe(attacked: Attacked, route: str) -> None:
    method, _, path = route.partition(" ")
    body = b"" if method == "POST" else None
    for who in ("anybody", PORTAL[route].who):
        answer = await attacked.ask(method, filled(path, **attacked.ids), attacked.shown(who), body)
        assert_safe_for_a_browser(answer)
        assert answer.header("server") in (None, "uvicorn")
        assert answer.header("x-powered-by") is None
        assert answer.header("access-control-allow-origin") is None
        for value in [value for name, value in answer.headers if name == "set-cookie"]:
            assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(value.split("; ")), value


@pytest.mark.parametrize("path", sorted({route.partition(" ")[2] for route in PORTAL}))
async def test_a_method_that_is_not_meant_does_nothing(attacked: Attacked, path: str) -> None:
    before = await attacked.now()
    entries = {route.partition(" ")[0]: entry for route, entry in PORTAL.items() if route.partition(" ")[2] == path}
    entry: Entry = next(iter(entries.values()))
    meant = {*entries, *(("HEAD",) if "GET" in entries else ())}
    target = filled(path, **attacked.ids)
    for method in METHODS:
        if method in meant:
            continue
        answer = await attacked.ask(method, target, attacked.shown(entry.who), b"")
        assert answer.status in (400, 404, 405, 501), (method, answer.everything[:300])
    for header in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        tricked = await attacked.ask("OPTIONS", target, attacked.shown(entry.who) | {header: "POST"})
        assert tricked.status in (404, 405), header
    assert await attacked.now() == before


@pytest.mark.parametrize("route", of("traveler", "operator", "key", "sft"))
async def test_who_may_not_is_refused_and_changes_nothing(attacked: Attacked, route: str) -> None:
    before, code, who = await attacked.now(), await attacked.code(), PORTAL[route].who
    method, _, path = route.partition(" ")
    ids = attacked.ids | ({"secret": "no-secret-of-anybodys"} if who == "sft" else {})
    body = b"" if method == "POST" else None
    for other in {"anybody", "traveler", "operator", "key"} - {who}:
        answer = await attacked.ask(method, filled(path, **ids), attacked.shown(other), body)
        assert code not in answer.text
        match who:
            case "key":
                assert answer.status == 401
            case "operator":
                assert (answer.status, answer.header("location")) == (303, "/operators/login")
            case "sft":
                assert answer.status == 404
            case "traveler":  # to whom somebody without a cookie is another traveler
                assert answer.status in (303, 403, 404) or attacked.sold.endpoint_id not in answer.text
    assert await attacked.now() == before


@pytest.mark.long
@pytest.mark.parametrize("route", [route for route in PORTAL if route.startswith("POST")])
async def test_a_body_that_is_not_meant_does_nothing(
    attacked: Attacked, caplog: pytest.LogCaptureFixture, route: str
) -> None:
    caplog.set_level(logging.INFO)
    before, who = await attacked.now(), PORTAL[route].who
    method, _, path = route.partition(" ")
    target = filled(path, **attacked.ids)
    reads = not route.endswith(("/usage", "/api/purchases/{purchase_id}/cancel", "/sft/{secret}", "/anew"))
    for name, (kind, body) in bodies().items():
        headers = attacked.shown(who) | ({"Content-Type": kind} if kind else {})
        answer = await attacked.ask(method, target, headers, body)
        assert_harmless(answer, name)
        if name == "too much" and not route.endswith("/sft/{secret}"):  # which takes more
            assert answer.status == 413
        assert answer.status >= 400 or not reads, (name, answer.everything[:300])
    assert_one_line_each(caplog)
    assert await attacked.now() == before


@pytest.mark.parametrize("route", [route for route, entry in PORTAL.items() if entry.is_form])
async def test_a_form_of_another_site_does_nothing(attacked: Attacked, route: str) -> None:
    """Sent by the browser of who may, as a page of another site can have it sent, with whatever seal that has."""
    before, who = await attacked.now(), PORTAL[route].who
    _, _, path = route.partition(" ")
    target = filled(path, **attacked.ids)
    seals = ["", "x", (await attacked.attacker.checkout()).forms["confirm"]["form"]]
    mine = attacked.shown(who) if who == "operator" else {"Cookie": _victims(attacked)}
    for seal in seals:
        for said in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}):
            body = f"form={quote(seal)}&product=Wakanda+Daily".encode()
            answer = await attacked.ask("POST", target, mine | said | {"Content-Type": SENT_AS}, body)
            assert answer.status in (403, 404), (said, answer.everything[:300])
    assert await attacked.now() == before
    assert (await attacked.operator.http.get("/operators")).status_code == 200, "still logged in"


def _victims(attacked: Attacked) -> str:
    return "; ".join(f"{name}={value}" for name, value in attacked.victim.http.cookies.items())


@pytest.mark.long
@pytest.mark.parametrize("route", of("traveler", "operator"))
async def test_forged_cookies_open_nothing(attacked: Attacked, route: str) -> None:
    before, code, who = await attacked.now(), await attacked.code(), PORTAL[route].who
    method, _, path = route.partition(" ")
    body = b"" if method == "POST" else None
    name, ours = ("operator", attacked.operator) if who == "operator" else ("traveler", attacked.victim)
    true, others = ours.http.cookies[name], attacked.attacker.http.cookies["traveler"]
    payload, _, signature = true.rpartition(".")
    forged = [
        *(true[:-1], true + "x", true.replace(".", "x", 1), payload, f"{payload}.", f".{signature}"),
        *(f"{payload}.{others.rpartition('.')[2]}", f'"{attacked.sold.traveler_id}"', attacked.sold.traveler_id),
        *(
            "",
            "null",
            "W-1",
            "a" * 4000,
            "\udcff\udcfe",
            "%00",
            f"{others.partition('.')[0]}.{payload.partition('.')[2]}",
        ),
    ]
    if who == "operator":
        forged.append(others)  # which the portal signed, for something else
    for cookie in forged:
        target = filled(path, **attacked.ids)
        answer = await attacked.ask(method, target, {"Cookie": f"{name}={cookie}"}, body)
        assert answer.status in (303, 400, 403, 404, 503) or attacked.sold.endpoint_id not in answer.text, cookie
        assert code not in answer.text
        assert who != "operator" or answer.status in (303, 400), cookie
    assert await attacked.now() == before
