"""Payloads that are still encrypted after decoding: under which key they are, and why they could not be decrypted."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from temporalio.api.common.v1 import Payload

ENCODING: Final = b"binary/encrypted"
KEY_ID: Final = "encryption-key-id"
PROBLEM: Final = "encryption-problem"

LABEL: Final = re.compile(r"[A-Za-z0-9._-]{1,64}:[0-9a-f]{8}")

NO_LABEL: Final = "unreadable"
"""In the place of a label that no key has: what another program encrypted, or somebody made up."""

UNKNOWN_KEY: Final = b"unknown-key"
ALTERED: Final = b"altered"

WHY: Final = {
    UNKNOWN_KEY: "is encrypted with key {label}, which is not in ESIM_ENCRYPTION_KEYS here: add it, behind the newest",
    ALTERED: "is encrypted with key {label}, but not as it was sent: it was altered on the way, or never complete",
    b"": "is encrypted with key {label}, and ESIM_ENCRYPTION_KEYS is not set here: set it",
}


class Undecipherable(Exception):
    """A payload cannot be decrypted with the keys that this process has. The message names the key."""


@dataclass(frozen=True, slots=True)
class SealedInput:
    """In the place of a handler's input that cannot be decrypted: the SDK would drop a signal without it. ``why`` is
    for the operator: a sentence's end, without a subject."""

    why: str


def label_of(payload: Payload) -> str | None:
    """The label of the key that it is encrypted with, NO_LABEL if it is none; None if it is not encrypted."""
    if payload.metadata.get("encoding") != ENCODING:
        return None
    label = payload.metadata.get(KEY_ID, b"").decode(errors="replace")
    return label if LABEL.fullmatch(label) else NO_LABEL


def why_sealed(payloads: Iterable[Payload]) -> str | None:
    """Why the first of these that is still encrypted is, without a subject; None if all can be read."""
    for payload in payloads:
        if (label := label_of(payload)) is not None:
            why = WHY.get(payload.metadata.get(PROBLEM, b""), WHY[b""])
            return why.format(label="of no known form" if label == NO_LABEL else label)
    return None


def is_altered(payloads: Iterable[Payload]) -> bool:
    """Whether one of them can never be read, whatever keys there are."""
    return any(payload.metadata.get(PROBLEM) == ALTERED for payload in payloads)
