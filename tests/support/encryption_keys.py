"""Keys for tests, and lists of them as ESIM_ENCRYPTION_KEYS has them."""

import base64
import dataclasses

from temporal.encryption.keys import KeyRing


def key(number: int) -> str:
    """An entry of the list."""
    return f"k{number}:{base64.b64encode(bytes([number]) * 32).decode()}"


def ring(*numbers: int, is_required: bool = False) -> KeyRing:
    """The first is the newest."""
    return dataclasses.replace(KeyRing.parse(",".join(map(key, numbers))), is_required=is_required)
