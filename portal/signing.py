"""What the portal signs, and under which secrets."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from itsdangerous import SignatureExpired, URLSafeTimedSerializer
from pydantic import SecretStr


def signer(secrets: Sequence[SecretStr], salt: str) -> URLSafeTimedSerializer:
    """Signs under the first secret, and verifies what was signed under any of them."""
    # itsdangerous takes the newest last.
    return URLSafeTimedSerializer([secret.get_secret_value() for secret in reversed(secrets)], salt=salt)


def signed(by: URLSafeTimedSerializer, text: str, seconds: float) -> Any:
    """What was signed, no longer ago than so many seconds: nor further ahead, for the clocks of two shops differ, and
    what one of them has just signed is of the future to the other.

    Raises BadData; SignatureExpired, which is one, for what is too old.
    """
    value, made = by.loads(text, return_timestamp=True)
    if abs((datetime.now(UTC) - made).total_seconds()) > seconds:
        raise SignatureExpired("too old", value, made)
    return value
