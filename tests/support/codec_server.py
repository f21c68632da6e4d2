"""A codec server under test, on a free port, and what somebody's token opens."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from google.protobuf.json_format import MessageToDict, ParseDict
from temporalio.api.common.v1 import Payload, Payloads

from process.address import Address
from process.server import serving
from temporal.encryption.access import AccessTokens
from temporal.encryption.keys import KeyRing
from temporal.encryption.server import application

TOKEN = "ann-may-read-this-1234"
ORIGIN = "http://127.0.0.1:8233"


@dataclass
class Codec:
    """Where it is, and Ann's way to it."""

    url: str
    http: httpx.AsyncClient

    @property
    def variables(self) -> dict[str, str]:
        """What tells the temporal command of it."""
        return {"TEMPORAL_CODEC_ENDPOINT": self.url, "TEMPORAL_CODEC_AUTH": f"Bearer {TOKEN}"}

    async def send(self, path: str, *payloads: Payload, token: str = TOKEN, **headers: str) -> httpx.Response:
        """POSTs them; in the name of nobody if the token is empty."""
        return await self.http.post(f"{self.url}/{path}", json=body(payloads), headers=_bearer(token) | headers)


def body(payloads: Iterable[Payload]) -> dict[str, Any]:
    return MessageToDict(Payloads(payloads=payloads))


def payloads_of(answer: httpx.Response) -> list[Payload]:
    assert answer.status_code == 200, answer.text
    return list(ParseDict(answer.json(), Payloads()).payloads)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


@asynccontextmanager
async def codec_server(keys: KeyRing, *, encodes: bool = True, own_user: bool = False) -> AsyncIterator[Codec]:
    listener = Address("127.0.0.1", 0).listener()
    tokens = AccessTokens.parse(f"bob:another-token-of-bob, ann:{TOKEN}")
    answering = application(keys, tokens, [ORIGIN], encodes=encodes, own_user=own_user)
    async with serving(answering, listener, "127.0.0.1"), httpx.AsyncClient(trust_env=False, timeout=60) as http:
        yield Codec(f"http://127.0.0.1:{listener.getsockname()[1]}", http)
