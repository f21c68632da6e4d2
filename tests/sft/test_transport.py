import asyncio
import shutil
import socket
import ssl
import subprocess
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol

import pytest

from sft import transport
from sft.errors import Malformed, NotSent, Unanswered
from sft.transport import Call, Transport, retry_after_seconds
from tests.support.ports import free_port
from tests.support.raw_sft import Handler, RawRequest, answer, answering, failure, raw_sft, reset, success
from tests.support.sft_account import ENDPOINT, PLAN, client_of

CALL = Call("anything", body={})


class Connect(Protocol):
    def __call__(self, base_url: str, *, timeout_seconds: float = 5) -> Transport: ...


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    async with AsyncExitStack() as opened:

        def to(base_url: str, *, timeout_seconds: float = 5) -> Transport:
            transport = Transport(base_url, timeout_seconds, slow_timeout_seconds=5)
            opened.push_async_callback(transport.aclose)
            return transport

        yield to


async def never(_: RawRequest, __: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, which nobody trusts."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    made = folder / "sft.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=sft", "-days", "2"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{made}.key", "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    return made


def tls_of(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, f"{certificate}.key")
    return context


# Before the request goes out


async def test_a_refused_connection_means_not_sent(connect: Connect) -> None:
    sft = connect(f"http://127.0.0.1:{free_port()}/api")
    with pytest.raises(NotSent, match="ConnectError"):
        await sft.exchange(CALL, None)


async def test_a_host_that_does_not_resolve_means_not_sent(connect: Connect) -> None:
    sft = connect("http://sft.invalid/api", timeout_seconds=2)
    with pytest.raises(NotSent):
        await sft.exchange(CALL, None)


async def test_an_address_that_is_no_http_means_not_sent(connect: Connect) -> None:
    with pytest.raises(NotSent):
        await connect("ftp://127.0.0.1/api").exchange(CALL, None)


@pytest.mark.parametrize("how", ["speaks no TLS", "closes", "resets", "says nothing"])
async def test_a_connection_that_ends_during_the_tls_handshake_means_not_sent(how: str, connect: Connect) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if how == "says nothing":
            await reader.read(-1)
        elif how == "resets":
            await reader.read(1)
            reset(writer)
        elif how == "speaks no TLS":
            await reader.read(1)
            writer.write(answer(b"", status=400))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(NotSent):
            await connect(f"https://127.0.0.1:{port}/api", timeout_seconds=0.2).exchange(CALL, None)


async def test_a_certificate_that_is_not_trusted_means_not_sent_and_says_so(
    certificate: Path, connect: Connect
) -> None:
    async with raw_sft(answering(b""), tls=tls_of(certificate)) as sft:
        with pytest.raises(NotSent, match="certificate verify failed"):
            await connect(sft.base_url).exchange(CALL, None)
    assert sft.requests == []


async def test_a_wait_for_a_free_connection_that_is_too_long_means_not_sent(connect: Connect) -> None:
    async with raw_sft(never) as sft:
        crowded = connect(sft.base_url, timeout_seconds=0.2)
        held = [asyncio.create_task(crowded.exchange(Call("held", slow=True), None)) for _ in range(100)]
        await sft.has_been_asked(100)
        with pytest.raises(NotSent, match="PoolTimeout"):
            await crowded.exchange(CALL, None)
        for task in held:
            task.cancel()
    assert sft.calls("anything") == 0


async def test_a_client_has_as_many_connections_as_it_is_told() -> None:
    async with raw_sft(never) as sft:
        narrow = Transport(sft.base_url, 0.2, slow_timeout_seconds=5, connections=2)
        held = [asyncio.create_task(narrow.exchange(Call("held", slow=True), None)) for _ in range(2)]
        await sft.has_been_asked(2)
        with pytest.raises(NotSent):
            await narrow.exchange(CALL, None)
        for task in held:
            task.cancel()
        await narrow.aclose()
    assert sft.calls("anything") == 0


async def test_a_closed_client_sends_nothing() -> None:
    async with raw_sft(answering(success(responseParam={"rows": []}))) as sft:
        async with client_of(sft.base_url) as client:
            await client.fetch_sims()
        with pytest.raises(NotSent):
            await client.subscribe_addon(ENDPOINT, PLAN)
    assert sft.calls("SubscribeAddon") == 0


async def test_an_sft_that_goes_away_after_the_login_means_not_sent_for_the_next_call() -> None:
    async with raw_sft(answering(success(responseParam={"rows": []}), headers={"Connection": "close"})) as sft:
        client = client_of(sft.base_url)
        await client.fetch_sims()
    async with client:
        with pytest.raises(NotSent) as caught:
            await client.subscribe_addon(ENDPOINT, PLAN)
    assert "token" not in str(caught.value)


# After it


async def closes(_: RawRequest, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def resets(_: RawRequest, writer: asyncio.StreamWriter) -> None:
    reset(writer)


async def stops_within_the_head(_: RawRequest, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
    writer.close()


async def stops_within_the_body(_: RawRequest, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(success())[:-5])
    writer.close()


async def speaks_no_http(_: RawRequest, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 mail.example.com ESMTP\r\n\r\n")


async def stops_speaking(_: RawRequest, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{")
    await asyncio.Event().wait()


@pytest.mark.parametrize("handler", [closes, resets, stops_within_the_head, stops_within_the_body, speaks_no_http])
async def test_a_connection_that_breaks_after_the_request_leaves_the_call_unanswered(
    handler: Handler, connect: Connect
) -> None:
    async with raw_sft(handler) as sft:
        with pytest.raises(Unanswered):
            await connect(sft.base_url).exchange(CALL, None)
    assert sft.calls("anything") == 1


@pytest.mark.parametrize("handler", [never, stops_speaking])
async def test_silence_after_the_request_leaves_the_call_unanswered_when_the_limit_is_over(
    handler: Handler, connect: Connect
) -> None:
    async with raw_sft(handler) as sft:
        async with asyncio.timeout(2):
            with pytest.raises(Unanswered, match=r"no answer within 0\.2 seconds"):
                await connect(sft.base_url, timeout_seconds=0.2).exchange(CALL, None)


async def test_a_server_that_does_not_take_the_request_leaves_the_call_unanswered(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as never_reads:
        sft = connect(f"http://127.0.0.1:{never_reads.getsockname()[1]}/api", timeout_seconds=0.3)
        with pytest.raises(Unanswered):
            await sft.exchange(Call("anything", body="x" * 20_000_000), None)


async def test_an_answer_that_trickles_in_for_ever_is_given_up(connect: Connect) -> None:
    async def trickles(_: RawRequest, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            writer.write(b" ")
            await asyncio.sleep(0.02)

    async with raw_sft(trickles) as sft, asyncio.timeout(3):
        with pytest.raises(Unanswered):
            await connect(sft.base_url, timeout_seconds=0.1).exchange(CALL, None)


async def test_a_tls_connection_that_breaks_after_the_request_leaves_the_call_unanswered(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, connect: Connect
) -> None:
    async def breaks_tls(_: RawRequest, writer: asyncio.StreamWriter) -> None:
        raw = writer.get_extra_info("socket")
        with socket.socket(fileno=socket.dup(raw.fileno())) as beneath:
            beneath.send(b"\x17\x03\x03\x00\x10this is no record")

    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with raw_sft(breaks_tls, tls=tls_of(certificate)) as sft:
        with pytest.raises(Unanswered, match="SSLError"):
            await connect(sft.base_url).exchange(CALL, None)
    assert sft.calls("anything") == 1


async def test_closing_the_client_leaves_a_call_under_way_unanswered(connect: Connect) -> None:
    async with raw_sft(never) as sft:
        open_transport = connect(sft.base_url)
        call = asyncio.create_task(open_transport.exchange(CALL, None))
        await sft.has_been_asked()
        await open_transport.aclose()
        with pytest.raises(Unanswered):
            await call


async def test_content_that_cannot_be_decoded_is_malformed(connect: Connect) -> None:
    async with raw_sft(answering(b"no gzip", headers={"Content-Encoding": "gzip"})) as sft:
        with pytest.raises(Malformed) as caught:
            await connect(sft.base_url).exchange(CALL, None)
    assert caught.value.field == "body"


async def test_a_redirect_is_not_followed_and_malformed() -> None:
    location = {"Location": "http://127.0.0.1:9/elsewhere"}
    async with raw_sft(answering(b"", status=303, headers=location)) as sft, client_of(sft.base_url) as client:
        with pytest.raises(Malformed, match="HTTP status 303"):
            await client.subscribe_addon(ENDPOINT, PLAN)


# Connections that are used again


async def test_a_connection_that_sft_closed_while_idle_is_not_used_again(connect: Connect) -> None:
    closed = asyncio.Event()

    async def answers_and_closes(_: RawRequest, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(b"ok"))
        await writer.drain()
        await may_close.wait()
        writer.close()
        await writer.wait_closed()
        closed.set()

    async with raw_sft(answers_and_closes) as sft:
        client = connect(sft.base_url)
        for turn in (1, 2, 3):
            may_close = asyncio.Event()
            closed.clear()
            assert (await client.exchange(CALL, None)).text == "ok"
            may_close.set()
            await closed.wait()
            assert sft.connections == turn


async def test_a_connection_that_sft_closes_under_the_next_request_leaves_that_unanswered(connect: Connect) -> None:
    async def answers_once(_: RawRequest, writer: asyncio.StreamWriter) -> None:
        if len(sft.requests) == 1:
            writer.write(answer(b"ok"))
        else:
            reset(writer)

    async with raw_sft(answers_once) as sft:
        client = connect(sft.base_url)
        await client.exchange(CALL, None)
        with pytest.raises(Unanswered):
            await client.exchange(CALL, None)
    assert (sft.connections, len(sft.requests)) == (1, 2)


async def test_an_idle_connection_is_used_again_only_for_as_long_as_sft_surely_keeps_it(
    monkeypatch: pytest.MonkeyPatch, connect: Connect
) -> None:
    async with raw_sft(answering(b"ok")) as sft:
        client = connect(sft.base_url)
        for _ in range(2):
            await client.exchange(CALL, None)
        assert sft.connections == 1
        monkeypatch.setattr(transport, "KEEPALIVE_SECONDS", 0.05)
        client = connect(sft.base_url)
        await client.exchange(CALL, None)
        await asyncio.sleep(0.1)
        await client.exchange(CALL, None)
        assert sft.connections == 3


# What else goes over the wire


async def test_cookies_are_not_sent_back(connect: Connect) -> None:
    async with raw_sft(answering(b"", headers={"Set-Cookie": "session=1; Path=/"})) as sft:
        client = connect(sft.base_url)
        for _ in range(2):
            await client.exchange(CALL, None)
    assert [request.header("Cookie") for request in sft.requests] == [[], []]


async def test_a_proxy_of_the_environment_is_not_asked_for_an_sft_on_this_machine(
    monkeypatch: pytest.MonkeyPatch, connect: Connect
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{free_port()}")
    async with raw_sft(answering(b"direct")) as sft:
        assert (await connect(sft.base_url).exchange(CALL, None)).text == "direct"


async def test_a_proxy_that_refuses_means_not_sent(monkeypatch: pytest.MonkeyPatch, connect: Connect) -> None:
    async with raw_sft(answering(b"", status=407), logs_in=False) as proxy:
        address = proxy.base_url.removesuffix("/api").replace("//", "//clerk:p%40ss@")
        monkeypatch.setenv("HTTPS_PROXY", address)
        with pytest.raises(NotSent, match="407") as refused:
            await connect("https://sft.invalid/api").exchange(CALL, None)
    [request] = proxy.requests
    assert request.method == "CONNECT"
    assert request.header("Proxy-Authorization") == ["Basic " + b64encode(b"clerk:p@ss").decode()]
    assert "clerk" not in str(refused.value)


def test_a_base_url_must_not_carry_credentials(connect: Connect) -> None:
    with pytest.raises(ValueError, match="must not carry credentials") as caught:
        connect("https://demo:demo-password@sft.example.com/api")
    assert "demo-password" not in str(caught.value)


# Retry-After


async def test_an_overloaded_sft_says_when_to_come_back() -> None:
    handler = answering(b"", status=429, headers={"Retry-After": "2.5"})
    async with raw_sft(handler) as sft, client_of(sft.base_url) as client:
        with pytest.raises(NotSent) as caught:
            await client.subscribe_addon(ENDPOINT, PLAN)
    assert caught.value.retry_after_seconds == 2.5


async def test_an_overload_told_in_an_envelope_is_one_too() -> None:
    handler = answering(failure("429"), headers={"Retry-After": "3"})
    async with raw_sft(handler) as sft, client_of(sft.base_url) as client:
        with pytest.raises(NotSent) as caught:
            await client.subscribe_addon(ENDPOINT, PLAN)
    assert caught.value.retry_after_seconds == 3


def test_retry_after_may_be_an_http_date() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    seconds = retry_after_seconds({"retry-after": later})
    assert seconds is not None
    assert 80 < seconds <= 90


def test_a_date_that_is_over_means_at_once() -> None:
    assert retry_after_seconds({"retry-after": "Sat, 21 Nov 2015 12:00:00 GMT"}) == 0
    assert retry_after_seconds({"retry-after": "Sat, 21 Nov 2015 12:00:00 -0000"}) == 0


@pytest.mark.parametrize("written", ["", "soon", "-1", "1e9", "nan", "9" * 400, "Sat, 99 Nov 2015 12:00:00 GMT"])
def test_an_unusable_retry_after_is_none(written: str) -> None:
    assert retry_after_seconds({"retry-after": written}) is None
