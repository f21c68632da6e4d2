"""The settings of encryption: the keys that every process of ours may have, and what the codec server needs."""

import dataclasses
import re

from pydantic import SecretStr, field_validator, model_validator

from process.audit_settings import AuditSettings
from process.settings import EnvironmentSettings, ListeningAddress, ProxySettings, listed
from temporal.encryption.access import AccessTokens
from temporal.encryption.keys import KeyRing

ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?")


class EncryptionSettings(EnvironmentSettings):
    """What payloads are encrypted with, in every process that sends anything through Temporal or reads it there."""

    esim_encryption_keys: SecretStr | None = None
    esim_require_encryption: bool = False

    @model_validator(mode="after")
    def _keys_can_be_used(self) -> "EncryptionSettings":
        if self.keys() is None and self.esim_require_encryption:
            raise ValueError(
                "ESIM_ENCRYPTION_KEYS is not set, and ESIM_REQUIRE_ENCRYPTION demands it: set <id>:<base64 of 32 bytes>"
            )
        return self

    def keys(self) -> KeyRing | None:
        """What payloads are encrypted with; None if nothing is. Raises ValueError if the keys cannot be used."""
        if self.esim_encryption_keys is None:
            return None
        try:
            keys = KeyRing.parse(self.esim_encryption_keys.get_secret_value())
        except ValueError as error:
            raise ValueError(f"ESIM_ENCRYPTION_KEYS cannot be used: {error}") from None
        return dataclasses.replace(keys, is_required=self.esim_require_encryption)


class CodecServerSettings(ProxySettings, EncryptionSettings, AuditSettings):
    """What the codec server needs: where it listens, which Web UIs may call it, and who may have payloads decrypted."""

    codec_server_address: ListeningAddress = "127.0.0.1:8234"
    codec_server_origin: str = "http://127.0.0.1:8233,http://localhost:8233"
    codec_server_tokens: SecretStr
    codec_server_metrics_address: ListeningAddress | None = None
    codec_server_encode: bool = False
    codec_server_own_user: bool = False

    @field_validator("codec_server_origin")
    @classmethod
    def _origins_are_no_more_than_that(cls, text: str) -> str:
        if all(ORIGIN.fullmatch(origin) for origin in listed(text)):
            return text
        raise ValueError("is not an origin such as https://temporal.example.com, or several of them after commas")

    @model_validator(mode="after")
    def _can_decrypt_for_somebody(self) -> "CodecServerSettings":
        self.key_ring()
        self.tokens()
        return self

    def key_ring(self) -> KeyRing:
        """What it decrypts with; what is not encrypted it shows, whatever is required.

        Raises:
            ValueError: if there are no keys, or they cannot be used.
        """
        keys = self.keys()
        if keys is None:
            raise ValueError("ESIM_ENCRYPTION_KEYS is not set: a codec server has nothing to decrypt with")
        return dataclasses.replace(keys, is_required=False)

    def origins(self) -> list[str]:
        """Where the Web UIs are that may call it from a browser."""
        return listed(self.codec_server_origin)

    def tokens(self) -> AccessTokens:
        """Whom it answers. Raises ValueError if the tokens cannot be used."""
        try:
            return AccessTokens.parse(self.codec_server_tokens.get_secret_value())
        except ValueError as error:
            raise ValueError(f"CODEC_SERVER_TOKENS cannot be used: {error}") from None
