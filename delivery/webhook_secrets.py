"""The secrets that events are signed with, as Standard Webhooks 1.0.0 has them (https://www.standardwebhooks.com)."""

import base64
import hmac
import re
from collections.abc import Mapping
from typing import Final

from pydantic import SecretBytes, SecretStr

PREFIX: Final = "whsec_"

LEAST_BYTES, MOST_BYTES = 24, 64
"""Of a secret, once decoded: the specification's limits."""

OLDEST_SECONDS: Final = 300
"""How far from now a post may say that it was sent, in either direction."""

MADE_WITH: Final = 'echo "whsec_$(openssl rand -base64 32)"'

NOT_IN_AN_ID: Final = re.compile(r"[^A-Za-z0-9_-]")


class WebhookSecrets:
    """One secret, or several with commas between them while they are changed: each signs, so whoever has one of them
    can verify. Raises ValueError, which quotes none, unless each is ``whsec_`` and the base64 of 24 to 64 bytes."""

    def __init__(self, secrets: SecretStr) -> None:
        found = [_decoded(one.strip()) for one in secrets.get_secret_value().split(",")]
        self._keys = [key for key in found if key]
        if self._keys != found:  # raised here, where no variable shows a secret
            raise ValueError(
                f"the secret is not {PREFIX} and the base64 of {LEAST_BYTES} to {MOST_BYTES} bytes, or one of several "
                f"with commas between them is not; make one with: {MADE_WITH}"
            )

    def headers(self, event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
        """The three headers of a post that is sent at ``timestamp``, in Unix seconds."""
        message_id = message_id_of(event_id)
        signed = f"{message_id}.{timestamp}.".encode() + body
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": " ".join(f"v1,{_signature(key, signed)}" for key in self._keys),
        }

    def is_genuine(self, headers: Mapping[str, str], body: bytes, now: float) -> bool:
        """Whether a post with these headers was signed with one of these secrets, within five minutes of ``now``."""
        timestamp = headers.get("webhook-timestamp", "")
        if not re.fullmatch("[0-9]{1,12}", timestamp) or abs(now - int(timestamp)) > OLDEST_SECONDS:
            return False
        signed = f"{headers.get('webhook-id', '')}.{timestamp}.".encode() + body
        shown = headers.get("webhook-signature", "").encode().split(b" ")
        own = [f"v1,{_signature(key, signed)}".encode() for key in self._keys]
        return any(hmac.compare_digest(one, other) for one in own for other in shown)


def message_id_of(event_id: str) -> str:
    """The ``webhook-id`` of an event: its id, with an underscore for all that is not a letter, a digit, ``_`` or ``-``.
    A full stop, which a purchase id may have, would let what is signed be read in two ways."""
    return NOT_IN_AN_ID.sub("_", event_id)


def _decoded(secret: str) -> SecretBytes | None:
    """The bytes of a secret; None if it is none."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        return None
    return SecretBytes(key) if secret.startswith(PREFIX) and LEAST_BYTES <= len(key) <= MOST_BYTES else None


def _signature(key: SecretBytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(key.get_secret_value(), signed, "sha256")).decode()
