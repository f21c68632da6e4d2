"""The settings of the portal: its pages, its REST API and its operators' pages."""

import re
from pathlib import Path
from urllib.parse import quote

from pydantic import HttpUrl, SecretStr, field_validator

from observability.settings import LogSettings
from portal.keys import ApiKeys
from process.audit_settings import AuditSettings
from process.operators_settings import OperatorsSettings
from process.sales_record import SalesRecordSettings
from process.settings import ListeningAddress, ProxySettings, listed
from process.time_zone import TimeZoneSettings
from seller.accounts import Accounts
from seller.catalog import SHIPPED, read_catalog
from seller.errors import SellerError
from temporal.encryption.settings import EncryptionSettings
from temporal.settings import TaskQueueSettings

CONTACT = re.compile(r"https://[^\s@]+|[^@\s:/]+@[^@\s:/]+")

PREFIX = re.compile(r"(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~-]+(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~-]+)*")

OWN_PATHS = frozenset(
    ("checkout", "purchases", "esims", "anew", "operators", "static", "api", "docs", "schemas", "live", "callbacks")
)
"""What the shop's own paths begin with: below one of these, a proxy that takes the prefix off could not be told from
one that does not."""

TOKEN = re.compile(r"[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{16,}")
"""A JWT (RFC 7519), signed: one without a signature could be anybody's."""

LEAST_SECRET = 16
"""Characters of a secret of the portal's."""

LEAST_SIGNING_SECRET = 32
"""Of the one that signs: everybody is given a cookie, to try secrets on for as long as they like."""

LOOPBACK = "127.0.0.1,::1"

TOO_SHORT = "has fewer than {} characters{}; make one with: openssl rand -hex 24"


class ApiKeySettings(AuditSettings):
    """Where the keys of the REST API are kept, and where it is noted that they are changed."""

    portal_api_keys: str = "portal-keys.json"


class PortalServerSettings(
    LogSettings,
    ApiKeySettings,
    OperatorsSettings,
    TaskQueueSettings,
    ProxySettings,
    EncryptionSettings,
    TimeZoneSettings,
    SalesRecordSettings,
):
    """What the portal needs to serve its pages and its REST API."""

    esim_catalog: str = SHIPPED.name
    portal_address: ListeningAddress = "127.0.0.1:8000"
    portal_secret: SecretStr
    portal_https: bool = False
    portal_prefix: str | None = None
    portal_metrics_address: ListeningAddress | None = None
    portal_operator_password: SecretStr | None = None
    portal_callback_secret: SecretStr | None = None
    portal_callback_jwt: SecretStr | None = None
    portal_web_ui: HttpUrl = HttpUrl("http://127.0.0.1:8233")
    portal_contact: str | None = None

    @field_validator("esim_catalog")
    @classmethod
    def _is_a_catalog(cls, name: str) -> str:
        read_catalog(name)
        return name

    @field_validator("portal_api_keys")
    @classmethod
    def _holds_keys_if_it_is_there(cls, name: str) -> str:
        ApiKeys(Path(name)).all()
        return name

    @field_validator("portal_operators")
    @classmethod
    def _holds_operators_if_it_is_there(cls, name: str) -> str:
        try:
            Accounts(Path(name)).all()
        except SellerError as problem:
            raise ValueError(problem.message) from None
        return name

    @field_validator("portal_secret")
    @classmethod
    def _each_is_long_enough(cls, secrets: SecretStr) -> SecretStr:
        if any(len(secret) < LEAST_SIGNING_SECRET for secret in listed(secrets.get_secret_value())):
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
        if secret is not None and not re.fullmatch("[A-Za-z0-9._-]{1,255}", secret.get_secret_value()):
            raise ValueError(
                "is part of an address that SFT has to take, and not at most 255 characters of A-Z a-z 0-9 . _ -; "
                "make one with: openssl rand -hex 24"
            )
        return secret

    @field_validator("portal_callback_jwt")
    @classmethod
    def _is_a_token(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not TOKEN.fullmatch(token.get_secret_value()):
            raise ValueError("is no JWT: three parts of A-Z a-z 0-9 _ - with a full stop between them, as set at SFT")
        return token

    @field_validator("portal_prefix")
    @classmethod
    def _is_a_path_of_others(cls, prefix: str | None) -> str | None:
        bare = (prefix or "").strip("/")
        if bare and not PREFIX.fullmatch(bare):
            raise ValueError("is not a path such as /esim, of A-Z a-z 0-9 . _ ~ -")
        if (first := bare.partition("/")[0]) in OWN_PATHS:
            raise ValueError(
                f"begins with /{first}, which is a path of the shop's own: take another one, such as /esim"
            )
        return f"/{bare}" if bare else None

    @field_validator("portal_contact")
    @classmethod
    def _can_be_followed(cls, contact: str | None) -> str | None:
        if contact is not None and not CONTACT.fullmatch(contact):
            raise ValueError("is neither an address that begins with https:// nor an e-mail address")
        return contact

    def proxies(self) -> str:
        """Who may say in X-Forwarded-For who calls: whom FORWARDED_ALLOW_IPS names. Where PORTAL_HTTPS says that there
        is a proxy and nobody is named, it is on this machine."""
        return self.forwarded_allow_ips or (LOOPBACK if self.portal_https else "")

    def contact_link(self) -> str | None:
        """Where travelers reach the seller; None if nobody is named."""
        if self.portal_contact is None or self.portal_contact.startswith("https://"):
            return self.portal_contact
        return f"mailto:{quote(self.portal_contact, safe='@')}"

    def portal_secrets(self) -> list[SecretStr]:
        """What it signs with, newest first: the first signs, all verify."""
        return [SecretStr(secret) for secret in listed(self.portal_secret.get_secret_value())]
