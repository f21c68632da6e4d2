"""What SFT posts is read in every shape that it may have, and what is broken costs no more than itself."""

import json
import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from sft.callbacks import MOST_EVENTS, CallbackEvent, EsimName, read_post


def events_in(content: object) -> list[CallbackEvent]:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_post(body).events


def notification(message: str) -> dict[str, object]:
    return {
        "Request": {
            "apiCallback": {"accountId": "77", "callbackProcessName": "CallBackNotification"},
            "notification": {"callbackId": "9", "callbackTimestamp": "11/09/2026 01:25:23", "message": message},
        }
    }


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b'{"Request": {"endPointId": "4000001"}}', ["4000001"]),
        (b'[{"endpointId": 4000001}, {"end_point_id": "4000002"}]', ["4000001", "4000002"]),
        (b'{"ENDPOINTID": 4000003.0}', ["4000003"]),
        (b"event=First+Activation&endPointId=4000001", ["4000001"]),
        (b"endPointId=4000001&endPointId=4000002", ["4000001", "4000002"]),
        (b"data=%7B%22endPointId%22%3A%224000001%22%7D", ["4000001"]),
        (b'\xef\xbb\xbf{"endPointId": 4000001, "name": "\xff"}', ["4000001"]),
        (b'{"endPointId": 4000001}\n{"endPointId": 4000002}\n', ["4000001", "4000002"]),
        (b'{"events": [{"endPointId": 4000001}, {"endPointId": 4000002}, {"endPoi', ["4000001", "4000002"]),
        (b'{"events": [{"endPointId": 4000001, "x": }, {"endPointId": 4000002}]}', ["4000002"]),
        (b'[{"endPointId": 1' + b"0" * 60_000 + b'}, {"endPointId": 4000002}]', ["4000002"]),
        (b'[{"endPointId": {"value": 1}}, 7, null, {"endPointId": 4000002}]', ["4000002"]),
        (b'{"message": "two\nlines", "endPointId": 4000001}', ["4000001"]),
        (b'{"endPointId": "../4000001"}', []),
        (b'{"endPointId": true}', []),
        (b'{"endPointId": "-"}', []),
        (b'{"endPointId": "-\\n", "iccid": "-", "msisdn": null}', []),
        (b'{"endPointId": 8.932e18}', []),
        (b"<event>4000001</event>", []),
        (b"\xff\xfe\x00", []),
        (b"[" * 60_000, []),
        (b'{"a":' * 60_000, []),
        (b"", []),
    ],
)
def test_an_endpoint_is_found_however_it_is_posted_and_nothing_else_is(body: bytes, named: list[str]) -> None:
    post = read_post(body)
    assert [event.esim.endpoint_id for event in post.events] == named
    assert post.events or post.nameless == 1


@pytest.mark.parametrize(
    "content",
    [
        {"eventName": "eSIM Profile Installed", "iccid": "8932", "eventTime": "27/10/2026 10:00:00"},
        {"event": {"type": "ESIM_PROFILE", "status": "INSTALLED"}, "sim": {"iccid": 8932}, "timestamp": 1793095200},
        {"iccid": "8932", "events": [{"eventType": "EsimProfileInstalled", "eventDate": "2026-10-27T10:00:00Z"}]},
        {
            "profileStatus": "Installed",
            "ICCID": "8932 ",
            "date": "27/10/2026 01:00:00",
            "dateUTC": "27/10/2026 10:00:00",
        },
    ],
)
def test_the_status_of_a_profile_is_read_with_its_time(content: dict[str, object]) -> None:
    at = datetime(2026, 10, 27, 10, tzinfo=UTC)
    assert events_in(content) == [CallbackEvent(EsimName(iccid="8932"), at, "installed", is_news=True)]


def test_times_are_in_the_accounts_zone_unless_they_say_otherwise() -> None:
    body = json.dumps([{"iccid": "1", "eventTime": text} for text in ("27/07/2026 10:00:00", "2026-07-27T10:00:00Z")])
    local, told = read_post(body.encode(), ZoneInfo("Europe/Brussels")).events
    assert (local.at, told.at) == (datetime(2026, 7, 27, 8, tzinfo=UTC), datetime(2026, 7, 27, 10, tzinfo=UTC))
    for text in ("-", "soon", "31/02/2026 10:00:00", "27/07/2096 10:00:00", "01/01/0001 00:00:00", 10**30, None):
        [event] = events_in({"iccid": "1", "eventTime": text})
        assert event.at is None


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ({"eventName": "Profile Download Error"}, "error"),
        ({"eventName": "ESIM_PROFILE_DISABLED"}, "disabled"),
        ({"eventName": "eSIM profile", "state": "Deleted"}, "deleted"),
        ({"eventName": "eSIM Profile Not Installed"}, None),
        ({"eventName": "eSIM Profile Released"}, None),
        ({"eventName": "Addon Renew", "name": "My eSIM", "status": "enabled"}, None),
        ({"eventName": "SIM Link", "status": "enabled"}, None),
        ({"eventName": 5}, None),
    ],
)
def test_only_words_that_are_known_are_a_status_of_a_profile(content: dict[str, object], status: str | None) -> None:
    [event] = events_in(content | {"iccid": "1"})
    assert event.profile == status


@pytest.mark.parametrize(
    ("message", "esim"),
    [
        ("80 % of endPointId=4000001 are used", EsimName("4000001")),
        ("used up\niccid: 8932000, end point id: 4000001.", EsimName("4000001", "8932000")),
        ("MSISDN +32460000", EsimName(msisdn="32460000")),
        ('{"endPointId": "4000001"}', EsimName("4000001")),
    ],
)
def test_the_customers_own_text_names_an_esim(message: str, esim: EsimName) -> None:
    at = datetime(2026, 9, 11, 1, 25, 23, tzinfo=UTC)
    assert events_in(notification(message)) == [CallbackEvent(esim, at, is_news=True, needs_token=True)]


@pytest.mark.parametrize("message", ["nothing", "endPointId={endPointId}", "the iccid is unknown", "msisdn=-"])
def test_a_text_that_names_none_is_an_event_that_names_none(message: str) -> None:
    post = read_post(json.dumps(notification(message)).encode())
    assert (post.events, post.nameless) == ([], 1)


def test_what_is_about_an_esim_is_told_from_what_comes_all_the_time() -> None:
    names = ("Addon Subscription", "First Activation", "SIM Delink", "Usage", "Location Update", "")
    assert [events_in({"event": name, "iccid": "1"})[0].is_news for name in names] == [True] * 3 + [False] * 3


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":{"b":1},' * 150_000,
        b'{"a":[{"b":' * 190_000,
        json.dumps([{"endPointId": number} for number in range(100_000)]).encode(),
        (b'{"a":' * 18 + b"1" + b"}" * 18 + b" ") * 18_000,
    ],
)
def test_no_post_takes_long_and_none_says_more_than_there_can_be(body: bytes) -> None:
    began = time.monotonic()
    post = read_post(body)
    assert time.monotonic() - began < 20  # of a machine that does other things, too; without limits it is minutes
    assert len(post.events) <= MOST_EVENTS
    assert post.events == [] or post.dropped == 100_000 - MOST_EVENTS
