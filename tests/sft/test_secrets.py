"""Credentials, tokens and activation codes show nowhere: not in errors and what hangs on them, not in logs."""

import asyncio
import logging

import pytest

from sft.client import SftClient
from sft.errors import AuthenticationFailed, Rejected, SftError
from tests.support.error_traces import told_by
from tests.support.raw_sft import ACCESS, REFRESH, Handler, RawRequest, answer, answering, failure, raw_sft, reset
from tests.support.sft_account import ASKS, ENDPOINT, PASSWORD, PLAN, client_of
from tools.simulator.platform import Platform

CODE = "LPA:1$smdp.example.com$MATCHING-ID"
SECRETS = (PASSWORD, ACCESS, REFRESH, "MATCHING-ID")


async def echoes(request: RawRequest, writer: asyncio.StreamWriter) -> None:
    said = f"{CODE} is not for {request.header('X-Authorization')}"
    writer.write(answer(failure("9001", said), status=400))


async def closes(_: RawRequest, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def resets(_: RawRequest, writer: asyncio.StreamWriter) -> None:
    reset(writer)


async def silent(_: RawRequest, writer: asyncio.StreamWriter) -> None:
    """Says nothing; the client has to hang up."""


async def refuses_every_token(request: RawRequest, writer: asyncio.StreamWriter) -> None:
    if request.call == "RefreshToken":
        writer.write(answer({"AccessToken": ACCESS, "RefreshToken": REFRESH}))
    else:
        writer.write(answer(failure("401", ACCESS), status=401))


async def hands_out_a_bad_token(request: RawRequest, writer: asyncio.StreamWriter) -> None:
    bad = {"AccessToken": f"{ACCESS}\r\nX-Other: 1", "RefreshToken": REFRESH}
    writer.write(answer(bad) if request.call == "RefreshToken" else answer(b"", status=401))


def with_a_secret_where_it_does_not_belong() -> Handler:
    response = {"resultCode": "0", "resultParam": {"resultCode": {"x": CODE}}, "responseParam": {"rows": CODE}}
    response["info"] = {"promotionalPlans": {"plan": [{"uniqueId": [CODE], "planId": {ACCESS: REFRESH}}]}}
    return answering({"Response": response})


@pytest.mark.parametrize(
    "handler",
    [
        echoes,
        closes,
        resets,
        refuses_every_token,
        hands_out_a_bad_token,
        with_a_secret_where_it_does_not_belong(),
        answering(CODE.encode()),
        answering({"Response": {"resultCode": "0", "token": ACCESS, "code": CODE}}, status=400),
        answering(b"", status=429),
        answering(b"", headers={"Content-Encoding": "gzip", "Set-Cookie": ACCESS}),
    ],
)
async def test_no_error_and_no_log_shows_a_secret(handler: Handler, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with raw_sft(handler) as raw, client_of(raw.base_url) as client:
        for ask in ASKS.values():
            with pytest.raises(SftError) as caught:
                await ask(client)
            assert (caught.value.__cause__, caught.value.__context__) == (None, None)
            told = told_by(caught.value)
            assert not any(secret in told for secret in SECRETS), told
    assert "HTTP Request" in caplog.text
    assert "send_request_headers.started" in caplog.text
    assert not any(secret in caplog.text for secret in SECRETS)


@pytest.mark.parametrize("logs_in", [True, False])
async def test_a_call_that_is_cancelled_shows_no_secret(logs_in: bool) -> None:
    async with raw_sft(silent, logs_in=logs_in) as raw, client_of(raw.base_url) as client:
        for number, ask in enumerate(ASKS.values(), start=1 + logs_in):
            call = asyncio.ensure_future(ask(client))
            await raw.has_been_asked(number if logs_in else 1)
            call.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await call
            told = told_by(caught.value)
            assert not any(secret in told for secret in SECRETS), told


async def test_a_login_that_quotes_the_credentials_is_not_quoted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    handler = answering(failure("401", f"demo may not use {PASSWORD}"))
    async with raw_sft(handler, logs_in=False) as raw, client_of(raw.base_url) as client:
        with pytest.raises(AuthenticationFailed) as caught:
            await client.fetch_sims()
    assert PASSWORD not in told_by(caught.value) + caplog.text


async def test_an_unreachable_sft_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with client_of("http://127.0.0.1:9/api") as client:
        with pytest.raises(SftError) as caught:
            await client.fetch_sims()
    assert PASSWORD not in told_by(caught.value) + caplog.text


async def test_what_sft_says_shows_in_one_short_printable_line() -> None:
    handler = answering(failure("9\n001", "no\x1b[31m such\r\nplan " + "x" * 1000), status=400)
    async with raw_sft(handler) as raw, client_of(raw.base_url) as client:
        with pytest.raises(Rejected) as caught:
            await client.subscribe_addon(ENDPOINT, PLAN)
    assert caught.value.code == "9 001"
    assert caught.value.description.startswith("no [31m such plan xxx")
    assert len(caught.value.description) == 300


async def test_the_client_and_the_sims_it_finds_show_no_secret(client: SftClient, platform: Platform) -> None:
    sims = await client.fetch_sims()
    assert sims[0].activation_code == platform.endpoint(ENDPOINT).activation_code
    assert "LPA" not in repr(sims)
    assert "LPA" not in str(sims[0])
    assert PASSWORD not in repr(client) + repr(vars(client)) + repr(vars(client._tokens))
    assert "eyJ" not in repr(vars(client._tokens))
