"""What the portal signs, and under which secrets."""

from collections.abc import Sequence

from itsdangerous import URLSafeTimedSerializer
from pydantic import SecretStr


def signer(secrets: Sequence[SecretStr], salt: str) -> URLSafeTimedSerializer:
    """Signs under the first secret, and verifies what was signed under any of them."""
    # itsdangerous takes the newest last.
    return URLSafeTimedSerializer([secret.get_secret_value() for secret in reversed(secrets)], salt=salt)
