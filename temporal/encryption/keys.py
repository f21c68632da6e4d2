"""The keys that payloads are encrypted with, newest first."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

KEY_BYTES: Final = 32
"""AES-256."""

KEY_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

MAKE_ONE: Final = "make one with: openssl rand -base64 32"


class KeyProblem(ValueError):
    """A list of keys that cannot be used. The message says which key and why, and shows no key."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key: ``label`` is its id and a fingerprint of it, so that two keys of the same id are told apart."""

    label: str
    material: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All keys by their label. The newest encrypts, all decrypt. With ``is_required``, what comes in plain text is
    refused."""

    newest: Key
    by_label: Mapping[str, Key] = field(repr=False)
    is_required: bool = False

    @classmethod
    def parse(cls, text: str) -> "KeyRing":
        """Reads ``<id>:<base64 of 32 bytes>,<id>:<base64>``, newest first; raises KeyProblem."""
        materials: dict[str, bytes] = {}
        for number, entry in enumerate(text.split(","), start=1):
            key_id, material = _entry(number, entry.strip())
            if key_id in materials:
                raise KeyProblem(f"two keys have the id {key_id!r}; ids are for good, give the newer one another")
            if material in materials.values():
                raise KeyProblem(f"key {number} ({key_id!r}) is the same as an earlier one; {MAKE_ONE}")
            materials[key_id] = material
        keys = [Key(_label(key_id, material), material) for key_id, material in materials.items()]
        return cls(keys[0], {key.label: key for key in keys})


def _entry(number: int, entry: str) -> tuple[str, bytes]:
    key_id, colon, encoded = entry.partition(":")
    if not colon:  # it may be nothing but a key: not shown
        raise KeyProblem(f"key {number} is not of the form <id>:<base64>")
    if not KEY_ID.fullmatch(key_id):
        raise KeyProblem(f"the id of key {number} is not 1 to 64 characters of A-Z a-z 0-9 . _ -")
    try:
        material = base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error:
        raise KeyProblem(f"key {number} ({key_id!r}) is not base64; {MAKE_ONE}") from None
    if len(material) != KEY_BYTES:
        raise KeyProblem(f"key {number} ({key_id!r}) has {len(material)} bytes instead of {KEY_BYTES}; {MAKE_ONE}")
    return key_id, material


def _label(key_id: str, material: bytes) -> str:
    return f"{key_id}:{hashlib.sha256(b'esim-key-fingerprint' + material).hexdigest()[:8]}"
