"""A newer build of the worker, as far as the one under test can tell: it writes words that this one does not know."""

import dataclasses
from collections.abc import Sequence
from typing import Final

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.converter import DataConverter, PayloadCodec

from temporal.data_converter import data_converter
from tests.support import seller

NEW_WORDS: Final = {
    b'"status":"provisioning"': b'"status":"reserved"',
    b'"status":"provisioned"': b'"status":"installed"',
    b'"verdict":"release"': b'"verdict":"recycle"',
}
"""What this build says, and what the newer one says instead."""


class NewWords(PayloadCodec):
    """Puts the newer build's words into what our workflows write each other, and reads them."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._changed(payload, NEW_WORDS) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self._changed(payload, {new: old for old, new in NEW_WORDS.items()}) for payload in payloads]

    def _changed(self, payload: Payload, words: dict[bytes, bytes]) -> Payload:
        changed = Payload()
        changed.CopyFrom(payload)
        if b'"written_by":' in payload.data:
            for said, instead in words.items():
                changed.data = changed.data.replace(said, instead)
        return changed


class WithoutMark(NewWords):
    """A build whose hand_over cannot be told from one from outside: it is ignored."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        unmarked = {b'"written_by":': b'"written":'}
        return [self._changed(payload, unmarked if b'"doubts":' in payload.data else {}) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads)


def newer(client: Client) -> Client:
    """A client of the newer build."""
    return Client(**(client.config() | {"data_converter": _converter(NewWords())}))


def use(monkeypatch: pytest.MonkeyPatch, codec: PayloadCodec | None) -> None:
    """Workers that are started from now on are of the build with this codec; None is the build under test."""
    monkeypatch.setattr(seller, "data_converter_with", lambda _keys: _converter(codec))


def _converter(codec: PayloadCodec | None) -> DataConverter:
    return dataclasses.replace(data_converter, payload_codec=codec)
