"""Encrypts what goes to Temporal, and decrypts what comes back: AES-256-GCM, each payload by itself.

On the wire a payload has the metadata ``encoding: binary/encrypted``, ``encryption-key-id: <id>:<fingerprint>``, and
where it belongs: ``encryption-namespace`` and ``encryption-workflow-id``. Its data is a nonce of 12 bytes and the
ciphertext of the whole payload as it was, with key id and place authenticated beside it. So whoever may write to the
namespace, but has no keys, cannot have what one workflow was told or answered pass for another's.
"""

import copy
import os
from collections.abc import Iterable, Sequence
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from temporal.encryption.keys import KeyRing
from temporal.encryption.sealed import (
    ALTERED,
    ELSEWHERE,
    ENCODING,
    KEY_ID,
    NAMESPACE,
    NO_LABEL,
    NOWHERE,
    PLAINTEXT,
    PROBLEM,
    SEALED_BYTES,
    TWICE,
    UNKNOWN_KEY,
    WORKFLOW_ID,
    Place,
    label_of,
    place_of,
    without_tags,
)

NONCE_BYTES: Final = 12

SEPARATOR: Final = b"\n"
"""Between label, namespace and workflow id in what is authenticated. Only the last of them may have one in it."""


class EncryptionCodec(PayloadCodec, WithSerializationContext):
    """Encrypts under the newest key. What it cannot decrypt stays encrypted, with a note for the converter on why.

    Where the SDK says for which workflow a payload is, it is encrypted for that one, and one for another is refused. An
    activity belongs to its workflow. Where nobody says, whatever is in order is decrypted: the codec server shows it.

    With ``tags``, what it decrypts says under which key it came and how long it was (``came_under``), and nothing else
    does: a workflow has to decide alike wherever it is replayed, whether or not the key is there.

    With ``anywhere``, it does not care where a payload belongs: for a replay, which knows no namespace.
    """

    def __init__(self, keys: KeyRing, *, tags: bool = False, anywhere: bool = False) -> None:
        self._tags = tags
        self._anywhere = anywhere
        self._is_required = keys.is_required
        self._newest = keys.newest.label
        self._ciphers = {label: AESGCM(key.material) for label, key in keys.by_label.items()}
        self._place: Place | None = None

    def with_context(self, context: SerializationContext) -> Self:
        """The same codec for the payloads of one workflow."""
        if self._anywhere:
            return self
        placed = copy.copy(self)
        placed._place = _place_in(context)
        return placed

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """One encrypted payload for each."""
        return [self._encrypted(payload) for payload in payloads]

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """What each payload was; one that was never encrypted as it is, unless that is refused."""
        return [self._decrypted(payload) for payload in payloads]

    @property
    def labels(self) -> Sequence[str]:
        """Of all keys, the newest first."""
        return list(self._ciphers)

    def has(self, label: str) -> bool:
        """Whether it can decrypt what is under the key with this label."""
        return label in self._ciphers

    def _encrypted(self, payload: Payload) -> Payload:
        nonce, place = os.urandom(NONCE_BYTES), self._place or NOWHERE
        beside = _authenticated(self._newest, place)
        ciphertext = self._ciphers[self._newest].encrypt(nonce, payload.SerializeToString(), beside)
        metadata = {
            "encoding": ENCODING,
            KEY_ID: self._newest.encode(),
            NAMESPACE: place.namespace,
            WORKFLOW_ID: place.workflow_id,
        }
        return Payload(metadata=metadata, data=nonce + ciphertext)

    def _decrypted(self, payload: Payload) -> Payload:
        label = label_of(payload)
        if label is None:
            return self._plain(payload)
        place = place_of(payload)
        is_elsewhere = self._place is not None and place != self._place
        cipher = self._ciphers.get(label)
        if label == NO_LABEL or SEPARATOR in place.namespace:
            return _with_problem(payload, ALTERED)
        if cipher is None:
            return _with_problem(payload, ELSEWHERE if is_elsewhere else UNKNOWN_KEY)
        nonce, ciphertext = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            opened = Payload.FromString(cipher.decrypt(nonce, ciphertext, _authenticated(label, place)))
        except (InvalidTag, ValueError, DecodeError):
            return _with_problem(payload, ALTERED)
        if is_elsewhere:
            return _with_problem(payload, ELSEWHERE)
        if label_of(opened) is not None:
            return _with_problem(payload, TWICE)
        return _tagged(opened, label, len(payload.data)) if self._tags else opened

    def _plain(self, payload: Payload) -> Payload:
        if self._is_required:
            return Payload(metadata={"encoding": ENCODING, PROBLEM: PLAINTEXT})
        return without_tags(payload) if self._tags else payload


def _place_in(context: SerializationContext) -> Place | None:
    """None for a call of Nexus: what is sent belongs to no workflow of the namespace that it is sent to, and what comes
    back is what some workflow there answered."""
    if isinstance(context, WorkflowSerializationContext | ActivitySerializationContext):
        return Place(context.namespace.encode(), (context.workflow_id or "").encode())
    return None


def _authenticated(label: str, place: Place) -> bytes:
    return SEPARATOR.join((label.encode(), *place))


def _tagged(opened: Payload, label: str, sealed_bytes: int) -> Payload:
    opened.metadata[KEY_ID] = label.encode()
    opened.metadata[SEALED_BYTES] = str(sealed_bytes).encode()
    return opened


def _with_problem(payload: Payload, problem: bytes) -> Payload:
    return Payload(metadata={**payload.metadata, PROBLEM: problem}, data=payload.data)
