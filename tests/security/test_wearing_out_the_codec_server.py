"""Who has a token of the codec server, or none, and wants to keep it from others, or to have it do what it need not."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from temporalio.api.common.v1 import Payload

from temporal.encryption import server
from temporal.encryption.codec import EncryptionCodec
from temporal.encryption.server import MOST_BYTES, MOST_OF_ONE, MOST_PAYLOADS
from tests.support.codec_server import TOKEN, Codec, codec_server, payloads_of
from tests.support.encryption_keys import ring
from tests.support.held import held

BEARER = {"Authorization": f"Bearer {TOKEN}"}
HUSH = Payload(metadata={"encoding": b"json/plain"}, data=b'"LPA:1$hush"')


@pytest.fixture
async def codec() -> AsyncIterator[Codec]:
    async with codec_server(ring(1)) as codec:
        yield codec


def many(content: bytes, number: int) -> bytes:
    return b'{"payloads":[' + b",".join([content] * number) + b"]}"


@pytest.mark.parametrize(
    "content",
    [
        many(b"{}", 1_000_000),
        many(b"{}", MOST_PAYLOADS + 1),
        many(b'{"metadata":{' + b",".join(b'"%d":""' % number for number in range(100_000)) + b"}}", 2),
        many(b'{"data":' + b"[" * 120_000 + b"]" * 120_000 + b"}", 1),
        b'{"payloads":[' + b"0," * 1_000_000 + b"0]}",
        many(b'{"data":"' + b"A" * 1000 + b'"}', MOST_BYTES // 1000),
    ],
)
async def test_many_or_large_payloads_are_refused_before_they_are_worked_on(codec: Codec, content: bytes) -> None:
    for path in ("decode", "encode"):
        began = time.process_time()
        answer = await codec.http.post(f"{codec.url}/{path}", content=content, headers=BEARER, timeout=60)
        assert (answer.status_code, answer.text.partition(" ")[0]) == (413, "More"), answer.text
        assert time.process_time() - began < 2


async def test_what_a_page_of_a_history_holds_is_decoded_and_others_are_answered_meanwhile(codec: Codec) -> None:
    sent = await EncryptionCodec(ring(1)).encode([HUSH] * MOST_PAYLOADS)
    waits: list[float] = []

    async def others() -> None:
        while True:
            began = time.monotonic()
            assert (await codec.send("decode", token="")).status_code == 401
            waits.append(time.monotonic() - began)

    loop_is_held = asyncio.create_task(others())
    answers = await asyncio.gather(*(codec.send("decode", *sent) for _ in range(3)))
    loop_is_held.cancel()
    assert all(payloads_of(answer) == [HUSH] * MOST_PAYLOADS for answer in answers)
    assert len(waits) > 5


async def test_work_is_done_beside_the_event_loop(codec: Codec, monkeypatch: pytest.MonkeyPatch) -> None:
    release = asyncio.Event()
    loop = asyncio.get_running_loop()
    read = server._read

    def slow(body: bytes) -> object:
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result(30)
        return read(body)

    monkeypatch.setattr(server, "_read", slow)
    worked_on = asyncio.create_task(codec.send("decode", HUSH))
    assert (await codec.send("decode", token="")).status_code == 401
    assert not worked_on.done()
    release.set()
    assert payloads_of(await worked_on) == [HUSH]


async def test_one_token_cannot_take_all_and_who_has_none_is_not_even_read(codec: Codec) -> None:
    head = f"POST /decode HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 99\r\n\r\n".encode()
    holding = await held(codec.url, head, number=MOST_OF_ONE)
    async with asyncio.timeout(10):
        while (await codec.send("decode", HUSH)).status_code != 429:  # they arrive one after the other
            pass
    refused = await codec.send("decode", HUSH)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert payloads_of(await codec.send("decode", HUSH, token="another-token-of-bob")) == [HUSH]
    holding.let_go()
    nobody = await held(codec.url, head.replace(TOKEN.encode(), b"nobody-has-this-one-1234"))
    assert b" 401 " in await asyncio.wait_for(nobody.readers[0].readline(), 5)
    nobody.let_go()


async def test_it_encodes_for_nobody_unless_it_was_asked_to() -> None:
    async with codec_server(ring(1), encodes=False) as codec:
        for path, token in (("encode", TOKEN), (f"{TOKEN}/encode", "")):
            refused = await codec.send(path, HUSH, token=token)
            assert (refused.status_code, "CODEC_SERVER_ENCODE" in refused.text) == (403, True)
        assert (await codec.send("encode", HUSH, token="")).status_code == 401
        assert payloads_of(await codec.send("decode", HUSH)) == [HUSH]
