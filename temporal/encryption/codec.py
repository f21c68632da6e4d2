"""Encrypts what goes to Temporal, and decrypts what comes back: AES-256-GCM, each payload by itself.

On the wire a payload has the metadata ``encoding: binary/encrypted`` and ``encryption-key-id: <id>:<fingerprint>``; its
data is a nonce of 12 bytes and the ciphertext of the whole payload as it was, with the key id authenticated beside it.
"""

import os
from collections.abc import Iterable
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from temporal.encryption.keys import KeyRing
from temporal.encryption.sealed import (
    ALTERED,
    ENCODING,
    KEY_ID,
    NO_LABEL,
    PROBLEM,
    SEALED_BYTES,
    TWICE,
    UNKNOWN_KEY,
    label_of,
    without_tags,
)

NONCE_BYTES: Final = 12


class EncryptionCodec(PayloadCodec):
    """Encrypts under the newest key. What it cannot decrypt stays encrypted, with a note for the converter on why.

    With ``tags``, what it decrypts says under which key it came and how long it was (``came_under``), and nothing else
    does: a workflow has to decide alike wherever it is replayed, whether or not the key is there.
    """

    def __init__(self, keys: KeyRing, *, tags: bool = False) -> None:
        self._tags = tags
        self._newest = keys.newest.label
        self._ciphers = {label: AESGCM(key.material) for label, key in keys.by_label.items()}

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """One encrypted payload for each."""
        return [self._encrypted(payload) for payload in payloads]

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """What each payload was; one that was never encrypted as it is."""
        return [self._decrypted(payload) for payload in payloads]

    def has(self, label: str) -> bool:
        """Whether it can decrypt what is under the key with this label."""
        return label in self._ciphers

    def _encrypted(self, payload: Payload) -> Payload:
        nonce, label = os.urandom(NONCE_BYTES), self._newest.encode()
        ciphertext = self._ciphers[self._newest].encrypt(nonce, payload.SerializeToString(), label)
        return Payload(metadata={"encoding": ENCODING, KEY_ID: label}, data=nonce + ciphertext)

    def _decrypted(self, payload: Payload) -> Payload:
        label = label_of(payload)
        if label is None:
            return without_tags(payload) if self._tags else payload
        cipher = self._ciphers.get(label)
        if cipher is None:
            return _with_problem(payload, ALTERED if label == NO_LABEL else UNKNOWN_KEY)
        nonce, ciphertext = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        try:
            opened = Payload.FromString(cipher.decrypt(nonce, ciphertext, label.encode()))
        except (InvalidTag, ValueError, DecodeError):
            return _with_problem(payload, ALTERED)
        if label_of(opened) is not None:
            return _with_problem(payload, TWICE)
        if self._tags:
            opened.metadata[KEY_ID] = label.encode()
            opened.metadata[SEALED_BYTES] = str(len(payload.data)).encode()
        return opened


def _with_problem(payload: Payload, problem: bytes) -> Payload:
    return Payload(metadata={**payload.metadata, PROBLEM: problem}, data=payload.data)
