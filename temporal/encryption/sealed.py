"""Payloads that are still encrypted after decoding: under which key they are, and why they could not be decrypted."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from temporalio.api.common.v1 import Payload

ENCODING: Final = b"binary/encrypted"
KEY_ID: Final = "encryption-key-id"
NAMESPACE: Final = "encryption-namespace"
WORKFLOW_ID: Final = "encryption-workflow-id"
PROBLEM: Final = "encryption-problem"

LABEL: Final = re.compile(r"[A-Za-z0-9._-]{1,64}:[0-9a-f]{8}")

NO_LABEL: Final = "unreadable"
"""In the place of a label that no key has: what another program encrypted, or somebody made up."""

SEALED_BYTES: Final = "encrypted-bytes"
"""Beside KEY_ID, on what was decrypted here: how long it was before."""

UNKNOWN_KEY: Final = b"unknown-key"
ALTERED: Final = b"altered"
TWICE: Final = b"encrypted-twice"
ELSEWHERE: Final = b"elsewhere"
PLAINTEXT: Final = b"plaintext"

HOPELESS: Final = (ALTERED, TWICE, ELSEWHERE, PLAINTEXT)
"""What no other key helps against."""

WHY: Final = {
    UNKNOWN_KEY: "is encrypted with key {label}, which is not in ESIM_ENCRYPTION_KEYS here: add it, behind the newest",
    ALTERED: "is encrypted with key {label}, but not as it was sent: it was altered on the way, or never complete",
    TWICE: "is encrypted twice, the second time with key {label}: it went through two codecs, send it through one",
    ELSEWHERE: "is encrypted with key {label}, but was written for another workflow: it does not belong here",
    PLAINTEXT: "came in plain text, which ESIM_REQUIRE_ENCRYPTION refuses here: send it encrypted",
    b"": "is encrypted with key {label}, and ESIM_ENCRYPTION_KEYS is not set here: set it",
}


class Undecipherable(Exception):
    """A payload cannot be decrypted with the keys that this process has. The message names the key."""


class Place(NamedTuple):
    """The workflow that a payload is an input or an output of, and its namespace: both in UTF-8."""

    namespace: bytes
    workflow_id: bytes


NOWHERE: Final = Place(b"", b"")
"""Of what was encrypted where nobody said for which workflow: it is accepted in none."""


@dataclass(frozen=True, slots=True)
class EncryptedInput:
    """In the place of a handler's input that came encrypted, whether or not it could be decrypted here: what is done
    with it must not depend on that (temporal/input_check.py)."""

    key: str
    """The label of the key that it came under, or NO_LABEL."""
    payload: Payload
    """Still encrypted if the key is not here."""
    hint: type
    """What it should be."""

    @property
    def sealed_bytes(self) -> int:
        """How long it was when it came, which is the same with the key and without."""
        return int(self.payload.metadata.get(SEALED_BYTES, len(self.payload.data)))


def label_of(payload: Payload) -> str | None:
    """The label of the key that it is encrypted with, NO_LABEL if it is none; None if it is not encrypted."""
    if payload.metadata.get("encoding") != ENCODING:
        return None
    label = payload.metadata.get(KEY_ID, b"").decode(errors="replace")
    return label if LABEL.fullmatch(label) else NO_LABEL


def place_of(payload: Payload) -> Place:
    """Where it belongs, by what it says itself."""
    return Place(payload.metadata.get(NAMESPACE, b""), payload.metadata.get(WORKFLOW_ID, b""))


def came_under(payload: Payload, *, is_tagged: bool) -> str | None:
    """The label of the key that it is encrypted with; or was, if it ``is_tagged`` by a codec that says so. None if it
    came in plain text."""
    label = label_of(payload)
    if label is None and is_tagged and (tag := payload.metadata.get(KEY_ID)):
        return tag.decode()
    return label


def payload_of(text: str) -> Payload:
    """A payload from base64, as a message carries it."""
    return Payload.FromString(base64.b64decode(text))


def text_of(payload: Payload) -> str:
    """The base64 that ``payload_of`` takes."""
    return base64.b64encode(payload.SerializeToString()).decode()


def without_tags(payload: Payload) -> Payload:
    """The payload as it was encrypted, without what a codec noted on it."""
    if KEY_ID not in payload.metadata and SEALED_BYTES not in payload.metadata:
        return payload
    metadata = {name: value for name, value in payload.metadata.items() if name not in (KEY_ID, SEALED_BYTES)}
    return Payload(metadata=metadata, data=payload.data)


def why_sealed(payloads: Iterable[Payload]) -> str | None:
    """Why the first of these that is still encrypted is, without a subject; None if all can be read."""
    for payload in payloads:
        if (label := label_of(payload)) is not None:
            return WHY[_problem(payload)].format(label="of no known form" if label == NO_LABEL else label)
    return None


def is_hopeless(payloads: Iterable[Payload]) -> bool:
    """Whether one of them can never be read, whatever keys there are."""
    return any(label_of(payload) is not None and _problem(payload) in HOPELESS for payload in payloads)


def is_plaintext(payloads: Iterable[Payload]) -> bool:
    """Whether one of them came in plain text, and was refused for it."""
    return any(payload.metadata.get(PROBLEM) == PLAINTEXT for payload in payloads)


def _problem(payload: Payload) -> bytes:
    problem = payload.metadata.get(PROBLEM, b"")
    if label_of(payload) == NO_LABEL and problem != PLAINTEXT:
        return ALTERED
    return problem if problem in WHY else b""
