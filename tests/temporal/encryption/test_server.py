"""The codec server over real HTTP."""

import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from temporalio.api.common.v1 import Payload
from temporalio.converter import WorkflowSerializationContext

from process.audit_metrics import exposition
from process.requests import REQUESTS, SECONDS
from temporal.encryption import server
from temporal.encryption.codec import EncryptionCodec
from temporal.encryption.sealed import PROBLEM, UNKNOWN_KEY
from tests.support.codec_server import ORIGIN, TOKEN, Codec, codec_server, payloads_of
from tests.support.encryption_keys import ring

HUSH = Payload(metadata={"encoding": b"json/plain"}, data=b'"LPA:1$hush"')
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"plain"')


@pytest.fixture
async def codec() -> AsyncIterator[Codec]:
    async with codec_server(ring(2, 1)) as codec:
        yield codec


async def encrypted(key: int, *payloads: Payload) -> list[Payload]:
    return await EncryptionCodec(ring(key)).encode(payloads)


async def test_whoever_has_a_token_reads_what_the_keys_can_decrypt_and_the_log_says_who_but_not_what(
    codec: Codec, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sent = [*await encrypted(1, HUSH), PLAIN, *await encrypted(3, HUSH)]
    *decrypted, unknown = payloads_of(await codec.send("decode", *sent, **{"X-Namespace": "production"}))
    assert decrypted == [HUSH, PLAIN]
    assert (unknown.data, unknown.metadata[PROBLEM]) == (sent[2].data, UNKNOWN_KEY)
    assert (await codec.send("encode", HUSH)).status_code == 400
    where = {"X-Namespace": "production", "X-Workflow-Id": "provision-P-1"}
    [made] = payloads_of(await codec.send("encode", HUSH, **where))
    context = WorkflowSerializationContext("production", "provision-P-1")
    assert await EncryptionCodec(ring(2)).with_context(context).decode([made]) == [HUSH]
    # for the Web UI of a development server, which has no other place for a token
    assert payloads_of(await codec.send(f"{TOKEN}/decode?preserveStorageRefs=true", made, token="")) == [HUSH]

    labels = [ring(number).newest.label for number in (1, 2, 3)]
    assert [record.getMessage() for record in caplog.records if record.name == "codec_server"] == [
        f"decode who=ann namespace=production payloads=3 keys={labels[0]},{labels[2]} not_decrypted=1",
        f"refused status=400 from=127.0.0.1 why={server.FOR_WHICH_WORKFLOW!r}",
        f"encode who=ann namespace=production payloads=1 keys={labels[1]} not_decrypted=0",
        f"decode who=ann namespace=none payloads=1 keys={labels[1]} not_decrypted=0",
    ]
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    assert not any(secret in line for line in ours for secret in (TOKEN, "hush", "LPA"))


@pytest.mark.parametrize(
    ("path", "token", "content", "status", "says"),
    [
        ("decode", "", b"{}", 401, "An access token is required"),
        ("decode", "somebody-else-12345", b"{}", 401, "This access token is nobody's"),
        ("somebody-else-12345/decode", "", b"{}", 401, "This access token is nobody's"),
        ("decode", TOKEN, b'{"payloads": [{"hush": 1}]}', 400, "The body is not"),
        ("decode", TOKEN, b'{"payloads": "hush"}', 400, "The body is not"),
        ("decode", TOKEN, b"\xff", 400, "The body is not"),
        ("decode", TOKEN, b"[" * 100_000, 400, "The body is not"),
        ("decode", TOKEN, b" " * 2000, 413, "More than 1000 bytes"),
        (f"{TOKEN}/download", "", b"{}", 404, "Not Found"),
        (f"{TOKEN}/decode/", "", b"{}", 404, "Not Found"),
    ],
)
async def test_what_is_refused_gets_a_sentence_and_a_line_in_the_log_without_any_secret(
    codec: Codec,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    token: str,
    content: bytes,
    status: int,
    says: str,
) -> None:
    if status == 413:
        monkeypatch.setattr(server, "MOST_BYTES", 1000)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = await codec.http.post(f"{codec.url}/{path}", content=content, headers=headers)
    assert answer.status_code == status
    [sentence] = answer.text.splitlines()
    assert sentence.startswith(says)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]
    assert ours == [f"refused status={status} from=127.0.0.1 why={sentence!r}"]
    assert not any(secret in ours[0] + sentence for secret in (TOKEN, "somebody-else", "hush"))


async def preflight(codec: Codec, origin: str) -> httpx.Response:
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-namespace",
        "Access-Control-Request-Private-Network": "true",
    }
    return await codec.http.options(f"{codec.url}/decode", headers=headers)


async def test_a_browser_may_call_it_from_the_web_ui_and_from_nowhere_else(
    codec: Codec, caplog: pytest.LogCaptureFixture
) -> None:
    allowed = await preflight(codec, ORIGIN)
    assert allowed.status_code == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert allowed.headers["Access-Control-Allow-Private-Network"] == "true"
    assert {"authorization", "content-type", "x-namespace"} <= set(
        allowed.headers["Access-Control-Allow-Headers"].lower().split(", ")
    )
    for token in (TOKEN, ""):  # the Web UI must be able to see a refusal, too
        answer = await codec.send("decode", PLAIN, token=token, Origin=ORIGIN)
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN

    caplog.clear()
    foreign = "https://elsewhere.example"
    for answer in (await preflight(codec, foreign), await codec.send("decode", PLAIN, Origin=foreign)):
        assert answer.status_code == 403
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert caplog.text.count(f"{foreign!r} is not one of CODEC_SERVER_ORIGIN") == 2


async def test_what_a_caller_puts_where_a_label_a_namespace_or_an_address_belongs_does_not_get_into_the_log(
    codec: Codec, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "codec_server")
    forged = Payload(metadata={"encoding": b"binary/encrypted", "encryption-key-id": b"k\nwho=root"}, data=b"")
    await codec.send("decode", forged, **{"X-Namespace": "a who=root"})
    assert "namespace=unreadable payloads=1 keys=unreadable not_decrypted=1" in caplog.text
    await codec.send("decode", PLAIN, token="", **{"X-Forwarded-For": "1.2.3.4 decode who=root"})
    assert "refused status=401 from=unknown why=" in caplog.text
    await codec.send("decode", PLAIN, token="", **{"X-Forwarded-For": "2001:db8::7"})
    assert "refused status=401 from=2001:db8::7 why=" in caplog.text


async def test_it_says_without_a_token_that_it_is_alive_and_how_many_it_answered(codec: Codec) -> None:
    def counted(status: str) -> int:
        [line] = [line for line in exposition().splitlines() if line.startswith(f'{REQUESTS}{{status="{status}"}}')]
        return int(line.split()[-1])

    before = counted("2xx"), counted("4xx")
    for _ in range(3):
        answer = await codec.http.get(f"{codec.url}/live")
        assert (answer.status_code, answer.text) == (200, "alive")
    assert (counted("2xx"), counted("4xx")) == before
    await codec.send("decode", PLAIN)
    await codec.send("decode", PLAIN, token="nobodys")
    assert (counted("2xx"), counted("4xx")) == (before[0] + 1, before[1] + 1)
    [timed] = [line for line in exposition().splitlines() if line.startswith(f"{SECONDS}_count")]
    [within] = [line for line in exposition().splitlines() if line.startswith(f'{SECONDS}_bucket{{le="+Inf"}}')]
    assert timed.split()[-1] == within.split()[-1] != "0"
