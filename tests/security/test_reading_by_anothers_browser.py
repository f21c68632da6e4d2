"""Who is on the machine of a demo, as another user or by a web page, and wants its codec server to decrypt for them."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import httpx
import pytest
from temporalio.api.common.v1 import Payload

from tests.support.codec_server import ORIGIN, Codec, codec_server, payloads_of
from tests.support.encryption_keys import ring

PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"plain"')

NOBODY = 65_534
ASK_AS_NOBODY = f"""
import os, sys, http.client
"".encode("idna")  # loaded before the files of Python are out of reach
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
there = http.client.HTTPConnection(sys.argv[1])
there.request("POST", "/decode", "{{}}", {{"Origin": "{ORIGIN}"}})
print(there.getresponse().status)
"""


@pytest.fixture
async def codec() -> AsyncIterator[Codec]:
    async with codec_server(ring(1), own_user=True) as codec:
        yield codec


async def test_a_web_ui_in_a_browser_of_this_user_needs_no_token_and_nobody_elses_does_without(codec: Codec) -> None:
    assert payloads_of(await codec.send("decode", PLAIN, token="", Origin=ORIGIN)) == [PLAIN]
    refused: list[dict[str, str]] = [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ORIGIN, "X-Forwarded-For": "127.0.0.1"},
        {"Origin": ORIGIN, "X-Forwarded-For": "192.0.2.1"},
        {"Origin": ORIGIN, "Via": "1.1 proxy"},
        {"Origin": ORIGIN, "Authorization": "Bearer nobody-has-this-one-1234"},
    ]
    for headers in refused:
        answer = await codec.http.post(f"{codec.url}/decode", json={}, headers=headers)
        assert answer.status_code in (401, 403), headers
    assert (await codec.send("encode", PLAIN, token="", Origin=ORIGIN)).status_code == 401


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
async def test_another_user_of_this_machine_is_refused(codec: Codec) -> None:
    asking = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ASK_AS_NOBODY, codec.url.removeprefix("http://"), stdout=asyncio.subprocess.PIPE, cwd="/"
    )
    answer, _ = await asking.communicate()
    assert answer.decode().strip() == "401"


async def test_it_is_off_unless_it_was_asked_for() -> None:
    async with codec_server(ring(1)) as codec, httpx.AsyncClient() as http:
        assert (await http.post(f"{codec.url}/decode", json={}, headers={"Origin": ORIGIN})).status_code == 401
