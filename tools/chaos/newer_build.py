"""A newer build of the worker, as far as the one beside it can tell: the same code, with words that the other lacks.

``python -m tools.chaos.newer_build`` runs it.
"""

import dataclasses
import sys
from collections.abc import Sequence
from typing import Final

from temporalio.api.common.v1 import Payload
from temporalio.converter import DataConverter, PayloadCodec

import temporal.client
import worker
from process.exit import leave
from temporal.data_converter import data_converter

NEW_WORDS: Final = {
    b'"status":"provisioning"': b'"status":"reserved"',
    b'"status":"provisioned"': b'"status":"installed"',
    b'"verdict":"release"': b'"verdict":"recycle"',
}
"""What this build says, and what the newer one says instead."""


class NewWords(PayloadCodec):
    """Puts the newer build's words into what our workflows write each other, and reads them."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [changed(payload, NEW_WORDS) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [changed(payload, {new: old for old, new in NEW_WORDS.items()}) for payload in payloads]


def changed(payload: Payload, words: dict[bytes, bytes]) -> Payload:
    """The payload with these words, if one of our workflows wrote it to another."""
    copy = Payload()
    copy.CopyFrom(payload)
    if b'"written_by":' in payload.data:
        for said, instead in words.items():
            copy.data = copy.data.replace(said, instead)
    return copy


def converter(codec: PayloadCodec | None) -> DataConverter:
    """The data converter of the build with this codec; None is the build as it is."""
    return dataclasses.replace(data_converter, payload_codec=codec)


if __name__ == "__main__":
    setattr(temporal.client, "data_converter_with", lambda _keys: converter(NewWords()))  # noqa: B010
    leave(worker.main(sys.argv[1:]))
