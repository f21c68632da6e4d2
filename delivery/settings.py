"""The settings of whoever notifies travelers and the portal: the mail server and the portal's webhook."""

from typing import Self

from pydantic import SecretStr, field_validator, model_validator

from delivery.mailer import Mailer
from delivery.webhook import Webhook
from process.settings import EnvironmentSettings
from sft.way_out import NoWayOut


class WebhookSettings(EnvironmentSettings):
    """Where events are posted, and what they are signed with: both or neither."""

    portal_webhook_url: SecretStr | None = None
    portal_webhook_secret: SecretStr | None = None

    @field_validator("portal_webhook_url", "smtp_url", check_fields=False)
    @classmethod
    def _has_no_blanks_around(cls, url: SecretStr | None) -> SecretStr | None:
        # They may be part of a secret, but of no address.
        return url and SecretStr(url.get_secret_value().strip())

    @model_validator(mode="after")
    def _webhook_can_be_used(self) -> Self:
        self.webhook()
        return self

    def webhook(self) -> Webhook | None:
        """What posts events to the portal; None if PORTAL_WEBHOOK_URL is not set. Raises ValueError if it cannot."""
        if self.portal_webhook_url is None and self.portal_webhook_secret is None:
            return None
        if self.portal_webhook_url is None:
            raise ValueError("PORTAL_WEBHOOK_URL is not set: where PORTAL_WEBHOOK_SECRET is, events need an address")
        if self.portal_webhook_secret is None:
            raise ValueError("PORTAL_WEBHOOK_SECRET is not set: where PORTAL_WEBHOOK_URL is, events need a signature")
        try:
            return Webhook(self.portal_webhook_url, self.portal_webhook_secret)
        except NoWayOut:
            raise
        except ValueError as error:
            raise ValueError(f"PORTAL_WEBHOOK_URL or PORTAL_WEBHOOK_SECRET cannot be used: {error}") from None


class DeliverySettings(WebhookSettings):
    """Where e-mail goes out, and where events are posted. Either may be absent; half of one is refused."""

    smtp_url: SecretStr | None = None
    email_from: str | None = None

    @model_validator(mode="after")
    def _mail_can_be_sent(self) -> Self:
        self.mailer()
        return self

    def mailer(self) -> Mailer | None:
        """What sends e-mail; None if SMTP_URL is not set. Raises ValueError if it cannot be used."""
        if self.smtp_url is None:
            return None
        if not self.email_from:
            raise ValueError("EMAIL_FROM is not set: where SMTP_URL is, the mail needs a sender")
        try:
            return Mailer(self.smtp_url, self.email_from)
        except ValueError as error:
            raise ValueError(f"SMTP_URL or EMAIL_FROM cannot be used: {error}") from None
