"""A newer build of the worker, as far as the one under test can tell: it writes words that this one does not know."""

from collections.abc import Sequence

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.converter import PayloadCodec

from tests.support.converting import with_converter
from tools.bench import inside
from tools.chaos.newer_build import NewWords, changed, converter


class WithoutMark(NewWords):
    """A build whose hand_over cannot be told from one from outside: it is ignored."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        unmarked = {b'"written_by":': b'"written":'}
        return [changed(payload, unmarked if b'"doubts":' in payload.data else {}) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads)


def newer(client: Client) -> Client:
    """A client of the newer build."""
    return with_converter(client, converter(NewWords()))


def use(monkeypatch: pytest.MonkeyPatch, codec: PayloadCodec | None) -> None:
    """Workers that are started from now on are of the build with this codec; None is the build under test."""
    monkeypatch.setattr(inside, "data_converter_with", lambda _keys: converter(codec))
