"""Sends mail over SMTP. A mail that does not go out is an error with the reason in one sentence."""

import asyncio
import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from email.errors import InvalidHeaderDefect
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Final, Literal

import aiosmtplib
from pydantic import SecretStr, TypeAdapter, ValidationError

from contract.event import Event
from contract.ids import EmailAddress, Product
from delivery.mail import esim_mail
from delivery.notice import notice_mail
from delivery.recipient import NoDomain, deliverable
from delivery.smtp_server import SmtpServer
from languages.language import language_of
from languages.speaking import speaking
from languages.zone import zone_of

_RECIPIENT: TypeAdapter[str] = TypeAdapter(EmailAddress)
_PRODUCT: TypeAdapter[str] = TypeAdapter(Product)
_GOODBYE_SECONDS = 2.0

Fault = Literal["passing", "operator", "mail"]
"""What keeps a mail from going out: what may pass by itself, a setting that the operator has to mend, or this mail
alone, which no server will ever take."""

_WANTS_LOGIN: Final = (530, 534, 535, 538)
"""RFC 4954, 6: whatever was refused, it was for want of a login that the server takes."""


_RELAYS: Final = re.compile(
    r"relay\w* (access )?(is )?(denied|not|prohibited)|(unable|permitted|allowed|not|cannot) (to )?relay|rcpthosts",
    re.IGNORECASE,
)
"""In what servers say to a sender for whom they pass no mail on: it is so for every mail, and the code (550, 553 or
554) does not tell that from a recipient whom nobody knows."""


class MailNotSent(Exception):
    """A mail did not go out; ``reason`` says why, without any address, password or activation code.

    ``fault`` tells what has to change before the same mail can go out.
    """

    def __init__(self, reason: str, fault: Fault) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fault = fault


class Mailer:
    """Hands mail to one server: ``smtp://`` (with STARTTLS if the server offers it) or ``smtps://``.

    A password is sent encrypted or to this machine, or not at all. Certificates are checked against those that the
    system trusts (or SSL_CERT_FILE). ``sender`` is ``a@b.example`` or ``Name <a@b.example>``. Raises ValueError for a
    URL or a sender that is none.
    """

    def __init__(self, smtp_url: SecretStr, sender: str, *, timeout_seconds: float = 30) -> None:
        self._server = SmtpServer.from_url(smtp_url)
        mailbox = _mailbox(sender)
        domain = deliverable(mailbox.addr_spec).rpartition("@")[2]
        self._sender = Address(mailbox.display_name, mailbox.username, domain)
        self._timeout_seconds = timeout_seconds

    @property
    def host(self) -> str:
        """The mail server."""
        return self._server.host

    async def send_esim(
        self,
        *,
        recipient: SecretStr,
        product: str,
        activation_code: SecretStr,
        iccid: str,
        message_id: str,
        locale: str | None = None,
        apn: str | None = None,
    ) -> None:
        """Sends one eSIM to its traveler, in the language of ``locale``, all within the time limit; raises MailNotSent.

        ``message_id`` is any text; the same one makes the same Message-ID header, which tells a repeat from a new mail.
        """

        def mail(address: SecretStr) -> EmailMessage:
            with speaking(language_of(locale)):
                return esim_mail(
                    sender=self._sender,
                    recipient=address.get_secret_value(),
                    product=_PRODUCT.validate_python(product),
                    activation_code=activation_code.get_secret_value(),
                    iccid=iccid,
                    message_id=message_id,
                    apn=apn,
                )

        await self._hand_in(mail, recipient)

    async def send_notice(
        self, *, recipient: SecretStr, event: Event, locale: str | None = None, timezone: str | None = None
    ) -> None:
        """Notifies a traveler of what happened to an add-on, in the language of ``locale`` and with times of
        ``timezone``, all within the time limit; raises MailNotSent.

        The same event makes the same Message-ID header, which tells a repeat from a new mail.
        """

        def mail(address: SecretStr) -> EmailMessage:
            with speaking(language_of(locale), zone_of(timezone)):
                return notice_mail(sender=self._sender, recipient=address.get_secret_value(), event=event)

        await self._hand_in(mail, recipient)

    async def _hand_in(self, mail: Callable[[SecretStr], EmailMessage], recipient: SecretStr) -> None:
        failure: MailNotSent | asyncio.CancelledError
        try:
            address = _address(recipient)
            await self._send(mail(address), address)
        except (MailNotSent, aiosmtplib.SMTPException, OSError, ValueError) as error:
            failure = self._failure(error)
        except asyncio.CancelledError as error:
            failure = asyncio.CancelledError(*error.args)
        else:
            return
        # Out here, so that the error that quotes addresses or the server's words is not its context.
        raise failure

    async def _send(self, mail: EmailMessage, recipient: SecretStr) -> None:
        smtp = aiosmtplib.SMTP(
            hostname=self._server.host, port=self._server.port, use_tls=self._server.tls, timeout=None
        )
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await smtp.connect()
                await self._log_in(smtp)
                await smtp.send_message(mail, sender=self._sender.addr_spec, recipients=[recipient.get_secret_value()])
            # The server has accepted the mail: whatever its goodbye is, it was sent.
            with suppress(aiosmtplib.SMTPException, OSError):
                await smtp.quit(timeout=_GOODBYE_SECONDS)
        finally:
            smtp.close()

    async def _log_in(self, smtp: aiosmtplib.SMTP) -> None:
        login = self._server.login
        if login is None:
            return
        encrypted = smtp.get_transport_info("sslcontext") is not None
        if not encrypted and not self._server.is_this_machine:
            raise MailNotSent("the mail server offers no encryption to send the password over", "operator")
        await smtp.login(login.username, login.password)

    def _failure(self, error: Exception) -> MailNotSent:
        match error:
            case MailNotSent():
                return error
            case TimeoutError():
                limit = f"{self._timeout_seconds:g} seconds"
                return MailNotSent(f"the mail server did not take the mail within {limit}", "passing")
            case aiosmtplib.SMTPAuthenticationError():
                return _refusal("the user name or the password", error.code, "operator")
            case aiosmtplib.SMTPConnectResponseError() | aiosmtplib.SMTPHeloError():
                return _refusal("the connection", error.code, "operator")
            case aiosmtplib.SMTPSenderRefused():
                return _refusal("the sender", error.code, "operator")
            case aiosmtplib.SMTPRecipientsRefused():
                refused = error.recipients[0]
                return _refusal("the recipient", refused.code, "mail", refused.message)
            case aiosmtplib.SMTPDataError():
                return _refusal("the mail", error.code, "mail", error.message)
            case aiosmtplib.SMTPResponseException():  # to begin with encryption, say: no mail came that far
                return _refusal("the connection", error.code, "operator")
            case OSError():
                return _no_connection(error)
            case aiosmtplib.SMTPNotSupported():
                return MailNotSent("the mail server takes only ASCII addresses", "mail")
            case ValidationError():
                return MailNotSent("the recipient or the product cannot stand in a mail", "mail")
            case NoDomain():
                return MailNotSent("the recipient's address has a domain that cannot be", "mail")
            case ValueError():
                return MailNotSent("the activation code or another value is malformed", "mail")
        return MailNotSent("the mail server offers no login that is known here", "operator")


def _address(recipient: SecretStr) -> SecretStr:
    """In the form that a server is given; not in the open in any frame that an error may come through."""
    return SecretStr(deliverable(_RECIPIENT.validate_python(recipient.get_secret_value())))


def _refusal(what: str, code: int, for_good: Fault, words: str = "") -> MailNotSent:
    if code in _WANTS_LOGIN:
        for_good = "operator"
    elif 500 <= code <= 599 and _RELAYS.search(words):
        return MailNotSent(
            f"the mail server passes no mail on for this machine, or without a login ({code})", "operator"
        )
    elif not 500 <= code <= 599:  # RFC 5321, 4.2.1: every other refusal may pass, as a greylisting server's does
        for_good = "passing"
    return MailNotSent(f"the mail server refused {what} ({code})", for_good)


def _no_connection(error: OSError) -> MailNotSent:
    for refused in (error, error.__cause__):
        if isinstance(refused, ssl.SSLCertVerificationError):  # OpenSSL's words: expired, self-signed, another's name
            why = f" ({refused.verify_message})" if refused.verify_message else ""
            return MailNotSent(f"the mail server's certificate is not trusted{why}", "operator")
    return MailNotSent("the mail server cannot be reached, or broke the connection", "passing")


def _mailbox(sender: str) -> Address:
    header = EmailMessage()
    addresses: tuple[Address, ...] = ()
    # Beside ValueError, Python's parser of addresses raises others for what it does not expect.
    with suppress(ValueError, LookupError, AttributeError, TypeError):
        header["From"] = sender
        is_broken = any(isinstance(defect, InvalidHeaderDefect) for defect in header["From"].defects)
        addresses = () if is_broken else header["From"].addresses
    if len(addresses) != 1 or not addresses[0].username or not addresses[0].domain:
        raise ValueError("the sender is not one e-mail address, as in Travel <esim@example.com>")
    return addresses[0]
