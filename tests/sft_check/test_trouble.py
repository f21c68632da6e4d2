"""What keeps a check from being made: one sentence that names it, an exit code, and no secret."""

import asyncio
import ssl
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.raw_sft import Handler, RawRequest, answer, answering, failure, raw_sft
from tests.support.terminal import Finished, Terminal
from tools.simulator.platform import Platform
from tools.simulator.server import serving

PASSWORD = "hunter2-hunter2"
PAGE = b"<!DOCTYPE html><html><head><title>Sign in, hunter2-hunter2</title></head></html>"


async def check(base_url: str, **variables: str) -> Finished:
    terminal = Terminal({"SFT_BASE_URL": base_url, "SFT_USERNAME": "anybody@example.com", "SFT_PASSWORD": PASSWORD})
    return await terminal.run("check-sft", **variables)


def is_one_sentence(finished: Finished, *says: str) -> None:
    assert finished.code == 1
    assert finished.output == ""
    sentence = finished.sentence
    for words in says:
        assert words in sentence
    for secret in (PASSWORD, "anybody"):
        assert secret not in sentence


LOGINS: Mapping[str, tuple[Handler, tuple[str, ...]]] = {
    "blocked": (
        answering(failure("11044", "anybody@example.com is blocked")),
        ("blocked", "11044", "reset"),
    ),
    "credentials": (answering(failure(10126, PASSWORD)), ("10126", "SFT_USERNAME and SFT_PASSWORD")),
    "blocked by a broken server": (answering(failure("11044"), 500), ("blocked", "11044", "reset")),
    "value": (answering(failure("10117")), ("10117", "SFT_TARGET_ACCOUNT_ID")),
    "credentials by time-out": (
        answering(failure("10126", "Request timed out")),
        ("login timed out", "not that it refuses it", "later"),
    ),
    "documented time-out": (answering(failure("504", "API operation has Time out.")), ("login timed out", "later")),
    "HTTP time-out": (answering(b"", 408), ("login timed out", "later")),
    "no tokens": (answering({"Response": {"resultCode": "0"}}), ("cannot go on", "AccessToken")),
    "plain 401": (answering(b"", 401), ("refuses the login", "SFT_PASSWORD")),
    "not enterprise": (answering(failure("1", "Authorisation Failure")), ("no Enterprise account",)),
    "page": (answering(PAGE), ("web page", "SFT_BASE_URL", "proxy")),
    "refused page": (answering(PAGE, 403), ("web page", "403")),
    "redirect": (answering(b"", 302, {"Location": "https://sso.example.com/?t=hunter2-hunter2"}), ("302", "proxy")),
    "proxy": (answering(PAGE, 407), ("proxy", "407", "HTTPS_PROXY")),
    "no login": (answering({"detail": "Not Found"}, 404), ("404", "SFT_BASE_URL")),
    "gateway": (answering(b"upstream", 502), ("out of order", "502")),
    "too many": (answering(failure(429), 429), ("429", "later")),
    "something else": (answering({"hello": "world"}), ("not SFT", "SFT_BASE_URL")),
}


@pytest.mark.parametrize("case", LOGINS)
async def test_a_login_that_is_not_answered_as_one_is_named_and_never_repeated(case: str) -> None:
    handler, says = LOGINS[case]
    async with raw_sft(handler, logs_in=False) as sft:
        is_one_sentence(await check(sft.base_url), *says)
        assert sft.calls("login") == len(sft.requests) == 1


@pytest.mark.parametrize(
    ("habit", "password", "says"),
    [
        ("blocked", "demo-password", "blocked"),
        ("not_enterprise", "demo-password", "no Enterprise account"),
        ("login_refused_in_body", "wrong", "10126"),
    ],
)
async def test_an_account_that_is_refused_is_named_as_what_it_is(habit: str, password: str, says: str) -> None:
    platform = Platform(habits=[habit])
    async with serving(platform) as base_url:
        is_one_sentence(await check(base_url, SFT_USERNAME="demo", SFT_PASSWORD=password), says)
    assert platform.calls["login"] == 1


async def test_what_nobody_can_be_reached_behind_is_named() -> None:
    is_one_sentence(await check(f"http://127.0.0.1:{free_port()}/api"), "Nothing listens", "SFT_BASE_URL")
    is_one_sentence(await check("https://sft.invalid/api"), "no way to sft.invalid", "name")


async def test_a_certificate_that_is_not_trusted_is_told_from_no_tls_at_all(tmp_path: Path) -> None:
    async with raw_sft(answering({}), tls=self_signed(tmp_path)) as sft:
        is_one_sentence(await check(sft.base_url), "certificate", "proxy that opens TLS", "SSL_CERT_FILE")
        is_one_sentence(await check(sft.base_url.replace("https", "http")), "not answer")
    async with serving(Platform()) as base_url:
        is_one_sentence(await check(base_url.replace("http", "https")), "no TLS")


async def test_a_proxy_that_wants_a_login_or_is_not_there_is_named() -> None:
    async with raw_sft(refused_by_proxy) as proxy:
        address = proxy.base_url.removesuffix("/api")
        is_one_sentence(
            await check("https://sft.invalid/api", HTTPS_PROXY=address), "proxy", "407", "NO_PROXY=sft.invalid"
        )
    gone = f"http://127.0.0.1:{free_port()}"
    is_one_sentence(await check("https://sft.invalid/api", HTTPS_PROXY=gone), "The proxy on the way to sft.invalid")


async def test_a_server_that_never_answers_is_named() -> None:
    async with raw_sft(silent, logs_in=False) as sft:
        is_one_sentence(await check(sft.base_url, SFT_TIMEOUT_SECONDS="0.5"), "does not answer")
        assert sft.calls("login") == 1


async def refused_by_proxy(_: RawRequest, writer: asyncio.StreamWriter) -> None:
    writer.write(answer(b"", 407, {"Proxy-Authenticate": "Basic"}))


async def silent(_: RawRequest, __: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


def self_signed(folder: Path) -> ssl.SSLContext:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "1",
            "-subj",
            "/CN=localhost",
            "-keyout",
            key,
            "-out",
            certificate,
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
