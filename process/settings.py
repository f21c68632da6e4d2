"""What the environment configures: read and checked once, before anything else is done."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar
from urllib.parse import quote

from pydantic import (
    AfterValidator,
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict
from temporalio.common import WorkerDeploymentVersion

from process.address import checked

# Mail and HTTP are only imported where they are used: every call of starter.py reads settings, and needs neither.
if TYPE_CHECKING:
    from activities.messages import Channel
    from delivery.mailer import Mailer
    from delivery.webhook import Webhook
    from temporal.encryption.access import AccessTokens
    from temporal.encryption.keys import KeyRing

Seconds = Annotated[float, Field(gt=0, le=200)]
"""A limit of one HTTP request. At most 200, so that an activity that needs four of them stays within its own limit."""

ListeningAddress = Annotated[str, AfterValidator(checked)]

ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]{1,5})?")

CONTACT = re.compile(r"https://[^\s@]+|[^@\s:/]+@[^@\s:/]+")

LEAST_SECRET = 16
"""Characters of a secret of the portal's."""

LEAST_SIGNING_SECRET = 32
"""Of the one that signs: everybody is given a cookie, to try secrets on for as long as they like."""

TOO_SHORT = "has fewer than {} characters{}; make one with: openssl rand -hex 24"

SECRET = {
    *("sft_password", "smtp_url", "portal_webhook_url", "portal_webhook_secret"),
    *("esim_encryption_keys", "codec_server_tokens"),
    *("portal_secret", "portal_operator_password", "portal_callback_secret"),
}


class EncryptionSettings(BaseSettings):
    """What every process of ours needs to know that sends anything through Temporal, or reads what was sent."""

    model_config = SettingsConfigDict(env_ignore_empty=True, hide_input_in_errors=True)

    esim_encryption_keys: SecretStr | None = None
    esim_require_encryption: bool = False

    @model_validator(mode="after")
    def _keys_can_be_used(self) -> "EncryptionSettings":
        if self.keys() is None and self.esim_require_encryption:
            raise ValueError(
                "ESIM_ENCRYPTION_KEYS is not set, and ESIM_REQUIRE_ENCRYPTION demands it: set <id>:<base64 of 32 bytes>"
            )
        return self

    def keys(self) -> "KeyRing | None":
        """What payloads are encrypted with; None if nothing is. Raises ValueError if the keys cannot be used."""
        if self.esim_encryption_keys is None:
            return None
        from temporal.encryption.keys import KeyRing

        try:
            return KeyRing.parse(self.esim_encryption_keys.get_secret_value())
        except ValueError as error:
            raise ValueError(f"ESIM_ENCRYPTION_KEYS cannot be used: {error}") from None


class PortalSettings(EncryptionSettings):
    """What a portal needs to know, and starter.py with it."""

    esim_task_queue: str = Field(default="esim-provisioning", max_length=200)
    esim_catalog: str = "catalog.toml"


class ApiKeySettings(BaseSettings):
    """Where the keys of the REST API are kept."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    portal_api_keys: str = "portal-keys.json"


class LogSettings(BaseSettings):
    """What a process that is there to stay writes into its log, and how."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    log_format: Literal["text", "json"] = "text"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


class PortalServerSettings(LogSettings, ApiKeySettings, PortalSettings):
    """What the portal of web pages and REST needs to know."""

    portal_address: ListeningAddress = "127.0.0.1:8000"
    portal_secret: SecretStr
    portal_https: bool = False
    portal_operator_password: SecretStr | None = None
    portal_callback_secret: SecretStr | None = None
    portal_web_ui: HttpUrl = HttpUrl("http://127.0.0.1:8233")
    portal_contact: str | None = None

    @field_validator("esim_catalog")
    @classmethod
    def _is_a_catalog(cls, name: str) -> str:
        from seller.catalog import read_catalog

        read_catalog(name)
        return name

    @field_validator("portal_api_keys")
    @classmethod
    def _holds_keys_if_it_is_there(cls, name: str) -> str:
        from portal.keys import ApiKeys

        ApiKeys(Path(name)).all()
        return name

    @field_validator("portal_secret")
    @classmethod
    def _each_is_long_enough(cls, secrets: SecretStr) -> SecretStr:
        if any(len(secret) < LEAST_SIGNING_SECRET for secret in _listed(secrets.get_secret_value())):
            raise ValueError(TOO_SHORT.format(LEAST_SIGNING_SECRET, ", or what stands between two commas has"))
        return secrets

    @field_validator("portal_operator_password", "portal_callback_secret")
    @classmethod
    def _is_long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value()) < LEAST_SECRET:
            raise ValueError(TOO_SHORT.format(LEAST_SECRET, ""))
        return secret

    @field_validator("portal_callback_secret")
    @classmethod
    def _can_stand_in_an_address(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and not re.fullmatch("[A-Za-z0-9._~-]+", secret.get_secret_value()):
            raise ValueError(
                "is part of an address, and not only of A-Z a-z 0-9 . _ ~ -; make one with: openssl rand -hex 24"
            )
        return secret

    @field_validator("portal_contact")
    @classmethod
    def _can_be_followed(cls, contact: str | None) -> str | None:
        if contact is not None and not CONTACT.fullmatch(contact):
            raise ValueError("is neither an address that begins with https:// nor an e-mail address")
        return contact

    def contact_link(self) -> str | None:
        """Where travelers reach the seller; None if nobody is named."""
        if self.portal_contact is None or self.portal_contact.startswith("https://"):
            return self.portal_contact
        return f"mailto:{quote(self.portal_contact, safe='@')}"

    def portal_secrets(self) -> list[SecretStr]:
        """What it signs with, newest first: the first signs, all verify."""
        return [SecretStr(secret) for secret in _listed(self.portal_secret.get_secret_value())]


class WorkerSettings(LogSettings, PortalSettings):
    """What the worker needs to know. The connection to Temporal is configured apart, by the SDK's own variables."""

    sft_base_url: HttpUrl = HttpUrl("https://sft.bics.com/api")
    sft_username: str
    sft_password: SecretStr
    sft_target_account_id: str | None = None
    sft_timeout_seconds: Seconds = 35
    sft_slow_timeout_seconds: Seconds = 190
    sft_settle_seconds: float = Field(default=180, ge=0, le=3600)
    sft_max_requests_per_second: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    sft_activation_call: Literal["EndPointLifeCycleChange", "EndPointActivation"] = "EndPointLifeCycleChange"
    smtp_url: SecretStr | None = None
    email_from: str | None = None
    portal_webhook_url: SecretStr | None = None
    portal_webhook_secret: SecretStr | None = None
    esim_shutdown_grace_seconds: float = Field(default=25, ge=0, le=600)
    metrics_address: ListeningAddress | None = None
    readiness_address: ListeningAddress | None = None
    temporal_deployment_name: str | None = Field(default=None, max_length=200)
    temporal_worker_build_id: str | None = Field(default=None, max_length=200)

    @field_validator("sft_base_url")
    @classmethod
    def _credentials_are_apart(cls, url: HttpUrl) -> HttpUrl:
        if url.username or url.password:
            raise ValueError("has a user name or a password in it: SFT_USERNAME and SFT_PASSWORD are for them")
        return url

    @model_validator(mode="after")
    def _channels_can_be_used(self) -> "WorkerSettings":
        self.channels()
        return self

    @model_validator(mode="after")
    def _version_is_whole(self) -> "WorkerSettings":
        self.version()
        return self

    def channels(self) -> list["Channel"]:
        """Where this worker can tell what happens. Raises ValueError if one is set and cannot be used."""
        channels: list[Channel] = []
        if self.webhook() is not None:
            channels.append("portal")
        if self.mailer() is not None:
            channels.append("email")
        return channels

    def version(self) -> WorkerDeploymentVersion | None:
        """Which version of a deployment this worker is; None if none is set. Raises ValueError if it cannot be one."""
        name, build_id = self.temporal_deployment_name, self.temporal_worker_build_id
        if name is None and build_id is None:
            return None
        if name is None:
            raise ValueError("TEMPORAL_DEPLOYMENT_NAME is not set: where TEMPORAL_WORKER_BUILD_ID is, both have to be")
        if build_id is None:
            raise ValueError("TEMPORAL_WORKER_BUILD_ID is not set: where TEMPORAL_DEPLOYMENT_NAME is, both have to be")
        if name.startswith("__") or set(name) & set(".:"):
            raise ValueError(f"TEMPORAL_DEPLOYMENT_NAME ({name!r}): it cannot begin with __ or have a . or : in it")
        if build_id.startswith("__"):
            raise ValueError(f"TEMPORAL_WORKER_BUILD_ID ({build_id!r}): it cannot begin with __")
        return WorkerDeploymentVersion(name, build_id)

    def webhook(self) -> "Webhook | None":
        """What tells the portal; None if PORTAL_WEBHOOK_URL is not set. Raises ValueError if it cannot be used."""
        if self.portal_webhook_url is None and self.portal_webhook_secret is None:
            return None
        if self.portal_webhook_url is None:
            raise ValueError("PORTAL_WEBHOOK_URL is not set: where PORTAL_WEBHOOK_SECRET is, events need an address")
        if self.portal_webhook_secret is None:
            raise ValueError("PORTAL_WEBHOOK_SECRET is not set: where PORTAL_WEBHOOK_URL is, events need a signature")
        from delivery.webhook import Webhook

        try:
            return Webhook(self.portal_webhook_url, self.portal_webhook_secret)
        except ValueError as error:
            raise ValueError(f"PORTAL_WEBHOOK_URL or PORTAL_WEBHOOK_SECRET cannot be used: {error}") from None

    def mailer(self) -> "Mailer | None":
        """What sends e-mail; None if SMTP_URL is not set. Raises ValueError if it cannot be used."""
        if self.smtp_url is None:
            return None
        if not self.email_from:
            raise ValueError("EMAIL_FROM is not set: where SMTP_URL is, the mail needs a sender")
        from delivery.mailer import Mailer

        try:
            return Mailer(self.smtp_url, self.email_from)
        except ValueError as error:
            raise ValueError(f"SMTP_URL or EMAIL_FROM cannot be used: {error}") from None


class CodecServerSettings(EncryptionSettings):
    """What the codec server needs to know."""

    codec_server_address: ListeningAddress = "127.0.0.1:8234"
    codec_server_origin: str = "http://127.0.0.1:8233,http://localhost:8233"
    codec_server_tokens: SecretStr

    @field_validator("codec_server_origin")
    @classmethod
    def _origins_are_no_more_than_that(cls, text: str) -> str:
        if all(ORIGIN.fullmatch(origin) for origin in _listed(text)):
            return text
        raise ValueError("is not an origin such as https://temporal.example.com, or several of them after commas")

    @model_validator(mode="after")
    def _can_decrypt_for_somebody(self) -> "CodecServerSettings":
        if self.keys() is None:
            raise ValueError("ESIM_ENCRYPTION_KEYS is not set: a codec server has nothing to decrypt with")
        self.tokens()
        return self

    def origins(self) -> list[str]:
        """Where the Web UIs are that may call it from a browser."""
        return _listed(self.codec_server_origin)

    def tokens(self) -> "AccessTokens":
        """Whom it answers. Raises ValueError if the tokens cannot be used."""
        from temporal.encryption.access import AccessTokens

        try:
            return AccessTokens.parse(self.codec_server_tokens.get_secret_value())
        except ValueError as error:
            raise ValueError(f"CODEC_SERVER_TOKENS cannot be used: {error}") from None


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


class SettingsProblem(Exception):
    """The environment cannot be used. The message has a line for each variable that is wrong."""


Settings = TypeVar("Settings", bound=BaseSettings)


def read_settings(kind: type[Settings]) -> Settings:
    """Reads and checks the environment.

    Raises:
        SettingsProblem: with one line a problem, which names the variable, its value unless that is a secret, and what
            is wrong with it.
    """
    try:
        return kind()
    except ValidationError as error:
        problem = _lines(error)
    raise SettingsProblem(problem)


def _lines(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False)
    return "\n".join(_line(str((*fault["loc"], "")[0]), fault) for fault in faults)


def _line(field: str, fault: ErrorDetails) -> str:
    if not field or field.upper() in fault["msg"]:
        return fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "missing":
        return f"{field.upper()} is not set: nothing starts without it"
    is_secret = field in SECRET or "@" in str(fault["input"])  # a URL may have a password in it
    value = "" if is_secret else f" ({fault['input']!r})"
    return f"{field.upper()}{value}: {fault['msg'].removeprefix('Value error, ')}"
