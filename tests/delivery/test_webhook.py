import asyncio
import base64
import json
import logging
import os
import re
import ssl
import subprocess
import time
from pathlib import Path
from typing import get_args

import pytest
import standardwebhooks
import trustme
from pydantic import SecretStr

from contract.event import FOR_TRAVELERS, Event, EventType
from delivery.webhook import EventNotTaken, Webhook
from delivery.webhook_secrets import WebhookSecrets
from tests.support.addon_events import event, usage
from tests.support.error_traces import told_by
from tests.support.raw_sft import Handler, RawRequest, RawSft, answer, answering, raw_sft, reset

STOPPED = "nothing is posted there any more until this worker is started again"
PAGE = (Path(__file__).parent.parent.parent / "docs" / "events.md").read_text()
SECRET = SecretStr("whsec_" + "correct0horse0battery0staple" * 2)
NEXT_SECRET = SecretStr("whsec_" + "another0horse0" * 4)


def webhook(portal: RawSft, *, secrets: SecretStr = SECRET, timeout_seconds: float = 5) -> Webhook:
    """To an address that holds a secret wherever one can stand."""
    address = portal.base_url.replace("://", "://shop:hunter2@").removesuffix("/api")
    return Webhook(SecretStr(f"{address}/hush-path?token=hush-query"), secrets, timeout_seconds=timeout_seconds)


def standard(secret: SecretStr) -> standardwebhooks.Webhook:
    """Whoever verifies by the public library."""
    return standardwebhooks.Webhook(secret.get_secret_value())


def signed(request: RawRequest) -> dict[str, str]:
    """The headers that verify it."""
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return {name: value for name in names for value in request.header(name)}


async def refused(hook: Webhook) -> str:
    """The reason, once it is seen that neither it nor what it carries along holds a secret."""
    with pytest.raises(EventNotTaken) as refusal:
        await hook.post(event())
    shown = told_by(refusal.value)
    assert refusal.value.__context__ is None
    for secret in ("hush", "hunter2", "shop", "horse"):
        assert secret not in shown
    return refusal.value.reason


async def test_an_event_is_posted_as_json_with_its_signature() -> None:
    told = event(usage=usage())
    async with raw_sft(answering({}), logs_in=False) as portal, webhook(portal) as hook:
        await hook.post(told)
    (request,) = portal.requests
    assert (request.method, request.target) == ("POST", "/hush-path?token=hush-query")
    assert Event.model_validate_json(request.body) == told
    assert request.header("Content-Type") == ["application/json"]
    assert request.header("webhook-id") == ["subscription-4000001-5"]
    assert standard(SECRET).verify(request.body, signed(request)) == told.model_dump(mode="json")
    for altered in ({"webhook-id": "another"}, {"webhook-timestamp": str(int(time.time()) - 9)}):
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            standard(SECRET).verify(request.body, signed(request) | altered)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standard(SECRET).verify(request.body + b" ", signed(request))


async def test_while_secrets_change_whoever_has_the_old_or_the_new_one_verifies() -> None:
    both = SecretStr(f"{NEXT_SECRET.get_secret_value()}, {SECRET.get_secret_value()}")
    async with raw_sft(answering({}), logs_in=False) as portal, webhook(portal, secrets=both) as hook:
        await hook.post(event())
    (request,) = portal.requests
    for secret in (SECRET, NEXT_SECRET):
        standard(secret).verify(request.body, signed(request))
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standard(SecretStr("whsec_" + "nobodys0" * 5)).verify(request.body, signed(request))


async def test_an_id_that_is_signed_has_no_full_stop_whatever_a_purchase_is_called() -> None:
    sale = event(event_id="provision-P.1.2-0b5e-1")
    async with raw_sft(answering({}), logs_in=False) as portal, webhook(portal) as hook:
        await hook.post(sale)
    assert portal.requests[0].header("webhook-id") == ["provision-P_1_2-0b5e-1"]
    assert standard(SECRET).verify(portal.requests[0].body, signed(portal.requests[0]))["event_id"] == sale.event_id


async def test_credentials_in_the_url_become_basic_authentication() -> None:
    async with raw_sft(answering({}), logs_in=False) as portal, webhook(portal) as hook:
        await hook.post(event())
    assert portal.requests[0].header("Authorization") == ["Basic c2hvcDpodW50ZXIy"]


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_any_2xx_takes_the_event(status: int) -> None:
    async with raw_sft(answering(b"", status), logs_in=False) as portal, webhook(portal) as hook:
        await hook.post(event())
    assert len(portal.requests) == 1


@pytest.mark.parametrize("status", [302, 307, 400, 401, 404, 429, 500, 503])
async def test_any_other_answer_does_not_and_no_redirect_is_followed(status: int) -> None:
    handler = answering(b"hush, hunter2 was here", status, {"Location": "/elsewhere"})
    async with raw_sft(handler, logs_in=False) as portal, webhook(portal) as hook:
        assert (await refused(hook)).partition(":")[0] == f"127.0.0.1 answered {status}"
    assert len(portal.requests) == 1


async def test_a_portal_that_is_gone_is_asked_no_more_until_another_webhook_is_made(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with raw_sft(answering({}, 410), logs_in=False) as portal, webhook(portal) as hook:
        for _ in range(3):
            assert await refused(hook) == "127.0.0.1 answered 410: " + STOPPED
        assert len(portal.requests) == 1
        assert [record.levelname for record in caplog.records if STOPPED in record.message] == ["ERROR"]
        async with webhook(portal) as another:
            await refused(another)
    assert len(portal.requests) == 2


async def test_no_log_holds_more_of_the_url_than_its_host(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with raw_sft(answering({}, 404), logs_in=False) as portal, webhook(portal) as hook:
        await refused(hook)
    assert "HTTP Request: POST 127.0.0.1" in caplog.text
    for secret in ("hush", "hunter2", "c2hvcDpodW50ZXIy", "horse"):
        assert secret not in caplog.text


async def test_a_portal_that_does_not_answer_is_given_up_on_at_the_time_limit() -> None:
    async def trickle(_: RawRequest, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X-Wait: a little\r\n")
            await asyncio.sleep(0.02)

    began = time.monotonic()
    async with raw_sft(trickle, logs_in=False) as portal, webhook(portal, timeout_seconds=0.2) as hook:
        assert await refused(hook) == "127.0.0.1 did not answer within 0.2 seconds"
    assert time.monotonic() - began < 60


async def test_an_event_that_is_cancelled_under_way_shows_no_secret() -> None:
    async def silent(_: RawRequest, writer: asyncio.StreamWriter) -> None:
        """Says nothing; the client has to hang up."""

    async with raw_sft(silent, logs_in=False) as portal, webhook(portal) as hook:
        posting = asyncio.create_task(hook.post(event()))
        await portal.has_been_asked()
        posting.cancel()
        with pytest.raises(asyncio.CancelledError) as cancelled:
            await posting
    told = told_by(cancelled.value)
    assert not any(secret in told for secret in ("hush", "hunter2", "horse", "c2hvcDpodW50ZXIy"))


async def test_a_portal_that_breaks_the_connection_or_is_not_there_is_named() -> None:
    async def cut(_: RawRequest, writer: asyncio.StreamWriter) -> None:
        reset(writer)

    async with raw_sft(cut, logs_in=False) as portal, webhook(portal) as hook:
        assert await refused(hook) == "the connection to 127.0.0.1 broke before an answer came (ReadError)"
    async with webhook(portal) as hook:
        assert await refused(hook) == "127.0.0.1 cannot be reached (ConnectError)"


async def test_a_portal_with_an_unknown_certificate_is_told_nothing() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    async with raw_sft(answering({}), logs_in=False, tls=context) as portal, webhook(portal) as hook:
        why = "unable to get local issuer certificate"
        assert await refused(hook) == f"the certificate of 127.0.0.1 is not trusted ({why})"
    assert not portal.requests


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            401,
            "it knows neither our signature nor a login: see to PORTAL_WEBHOOK_SECRET on both sides and to the clocks",
        ),
        (404, "nobody takes events at that path of PORTAL_WEBHOOK_URL"),
        (308, "it sends elsewhere, which is not followed: PORTAL_WEBHOOK_URL has to be where it takes events"),
    ],
)
async def test_what_is_most_likely_wrong_is_said_with_the_status(status: int, words: str) -> None:
    async with raw_sft(unending(status), logs_in=False) as portal, webhook(portal) as hook:
        assert await refused(hook) == f"127.0.0.1 answered {status}: {words}"


def unending(status: int) -> Handler:
    async def handler(_: RawRequest, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {status} Whatever\r\nContent-Length: 1000000000\r\n\r\n".encode() + bytes(10_000))

    return handler


async def test_the_status_decides_and_a_long_answer_is_not_waited_for() -> None:
    began = time.monotonic()
    async with raw_sft(unending(200), logs_in=False) as portal, webhook(portal) as hook:
        await hook.post(event())
    async with raw_sft(unending(500), logs_in=False) as portal, webhook(portal) as hook:
        assert await refused(hook) == "127.0.0.1 answered 500"
    assert time.monotonic() - began < 8


async def test_an_answer_that_breaks_off_after_its_status_has_taken_the_event() -> None:
    async def handler(_: RawRequest, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"ok")[:-1])
        await writer.drain()
        writer.close()

    async with raw_sft(handler, logs_in=False) as portal, webhook(portal) as hook:
        await hook.post(event())


async def test_the_next_event_goes_over_the_same_connection() -> None:
    async with raw_sft(answering({"taken": True}), logs_in=False) as portal, webhook(portal) as hook:
        await hook.post(event())
        await hook.post(event())
    assert (len(portal.requests), portal.connections) == (2, 1)


async def test_no_proxy_of_the_environment_leads_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with raw_sft(answering({}), logs_in=False) as portal, webhook(portal) as hook:
        await hook.post(event())
    assert len(portal.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "portal.example.com/hook",
        "ftp://hunter2@portal.example.com/hook",
        "https://",
        "https://shop:hunter2@/hook",
        "https://shop:1#hunter2@portal.example.com/hook",
        "https://shop:hunter2/x@portal.example.com/hook",
        "https://portal.example.com:hunter2/hook",
        "https://shop:hunter2@portal.example.com:65536/hook",
        "https://xn--hunter2-.example/hook",
        "https://portal.example.com/hunter2\r\nX: y",
    ],
)
def test_a_url_that_cannot_be_posted_to_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(ValueError, match="the URL is not of the form") as refusal:
        Webhook(SecretStr(url), SECRET)
    assert "hunter2" not in told_by(refusal.value)
    assert refusal.value.__context__ is None


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "whsec_",
        "hunter2" * 8,
        "whsec_" + "hunter2-" * 4,
        "whsec_" + base64.b64encode(b"hunter2 " * 3)[:-4].decode(),
        "whsec_" + base64.b64encode(b"hunter2 " * 8 + b"!").decode(),
        "whsec_" + "hunter2" * 8 + ",",
        "whsec_" + "hunter2" * 8 + ",hunter2",
    ],
)
def test_what_is_no_secret_of_the_standard_is_refused_without_being_quoted(secret: str) -> None:
    with pytest.raises(ValueError, match="the secret is not whsec_ and the base64 of 24 to 64 bytes") as refusal:
        Webhook(SecretStr("https://portal.example.com"), SecretStr(secret))
    assert "hunter2" not in told_by(refusal.value)
    assert refusal.value.__context__ is None


def test_a_webhooks_repr_shows_no_secret() -> None:
    shown = repr(vars(Webhook(SecretStr("https://shop:hunter2@portal.example.com/hush"), SECRET)))
    for secret in ("hush", "hunter2", "horse"):
        assert secret not in shown


def block(language: str) -> str:
    (code,) = re.findall(rf"^```{language}\n((?:.*\n)*?)```$", PAGE, re.MULTILINE)
    assert isinstance(code, str)
    return code


def test_the_pages_python_tells_a_genuine_post_from_others() -> None:
    page: dict[str, object] = {}
    exec(block("python"), page)
    event_in = page["event_in"]
    assert callable(event_in)

    def judged(*, secret: SecretStr = SECRET, age: int = 0, claimed: int = 0, body: bytes = b"{}") -> bool:
        posted = int(time.time()) - age
        headers = WebhookSecrets(SECRET).headers("subscription-1-1", posted, b"{}")
        headers |= {"webhook-timestamp": str(posted + claimed)}
        try:
            return bool(event_in(secret.get_secret_value(), headers, body) == {})
        except standardwebhooks.WebhookVerificationError:
            return False

    assert judged()
    assert judged(age=290)
    assert not judged(age=310)
    assert not judged(age=310, claimed=310)
    assert not judged(body=b"{ }")
    assert not judged(secret=NEXT_SECRET)


def test_the_pages_command_prints_the_signature(tmp_path: Path) -> None:
    (tmp_path / "body.json").write_bytes(b'{"a": 1}\n')
    variables = {
        "ID": "subscription-1-1",
        "TIMESTAMP": "1795262400",
        "PORTAL_WEBHOOK_SECRET": SECRET.get_secret_value(),
    }
    printed = subprocess.run(
        ["bash", "-c", block("bash")], cwd=tmp_path, env=os.environ | variables, capture_output=True, check=True
    )
    headers = WebhookSecrets(SECRET).headers("subscription-1-1", 1795262400, b'{"a": 1}\n')
    assert printed.stdout.decode().strip() == headers["webhook-signature"]


def test_the_pages_example_is_a_complete_event() -> None:
    document = json.loads(block("json Event"))
    assert Event.model_validate(document).model_dump(mode="json") == document


def test_the_page_has_a_row_for_every_event_and_says_which_are_mailed() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \| (yes)? ?\|$", PAGE, re.MULTILINE)
    assert [name for name, _ in rows] == list(get_args(EventType))
    assert {name for name, mailed in rows if mailed} == set(FOR_TRAVELERS)
