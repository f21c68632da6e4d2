import asyncio
import logging
import re
import ssl
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.policy import SMTP as SMTP_POLICY
from email.policy import default
from email.utils import parseaddr
from html import escape
from io import BytesIO
from pathlib import Path
from time import monotonic, tzset

import pytest
import trustme
import zxingcpp
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from PIL import Image
from pydantic import SecretStr

from delivery.envelope import addressed_mail
from delivery.links import install_links
from delivery.mailer import Mailer, MailNotSent
from tests.contract.test_text import NAMES
from tests.support.error_traces import told_by
from tests.support.postbox import Postbox, listening

CODE = "LPA:1$smdp.example.com$MATCHING-ID"
SENDER = "Wakanda Travel <esim@shop.example>"


class HangsUp(SMTP):
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        assert self.transport is not None
        self.transport.close()


class NeverSaysGoodbye(SMTP):
    async def smtp_QUIT(self, arg: str) -> None:  # noqa: N802
        pass


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))


@pytest.fixture(scope="module")
def tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


async def send(
    url: str,
    *,
    recipient: str = "traveler@example.com",
    product: str = "Wakanda 30Days / 30GB",
    activation_code: str = CODE,
    message_id: str = "P-1001",
    timeout_seconds: float = 20,
) -> None:
    mailer = Mailer(SecretStr(url), SENDER, timeout_seconds=timeout_seconds)
    await mailer.send_esim(
        recipient=SecretStr(recipient),
        product=product,
        activation_code=SecretStr(activation_code),
        iccid="8932000000000000017",
        message_id=message_id,
    )


def shows_no_secret(error: BaseException) -> None:
    told = told_by(error)
    assert not any(secret in told for secret in ("traveler@", "MATCHING", "hunter2"))


async def refused(url: str, **values: str | float) -> MailNotSent:
    """The refusal, once it is seen that neither it nor what it carries along quotes an address or a secret."""
    with pytest.raises(MailNotSent) as refusal:
        await send(url, **values)  # type: ignore[arg-type]
    shown = "".join(traceback.format_exception_only(refusal.value)) + repr(refusal.value)
    assert refusal.value.__context__ is None
    for secret in ("traveler", "shop.example", "MATCHING", "hunter2", "127.0.0.1"):
        assert secret not in shown
    shows_no_secret(refusal.value)
    return refusal.value


async def test_a_mail_that_is_cancelled_under_way_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    taking = asyncio.Event()

    class Silent(SMTP):
        async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802
            taking.set()
            await asyncio.sleep(60)

    async with listening(lambda: Silent(Postbox())) as port:
        sending = asyncio.create_task(send(f"smtp://127.0.0.1:{port}"))
        await taking.wait()
        sending.cancel()
        with pytest.raises(asyncio.CancelledError) as cancelled:
            await sending
    shows_no_secret(cancelled.value)
    own = [record.getMessage() for record in caplog.records if not record.name.startswith("mail.")]
    assert not any("traveler@" in message or "MATCHING" in message for message in own)


async def test_the_mail_holds_the_code_in_every_form_a_traveler_can_use() -> None:
    postbox = Postbox()
    async with listening(lambda: SMTP(postbox)) as port:
        await send(f"smtp://127.0.0.1:{port}")
    mail, links = postbox.mail(), install_links(CODE)
    assert (postbox.mails[0].mail_from, postbox.mails[0].rcpt_tos) == (
        "esim@shop.example",
        ["traveler@example.com"],
    )
    assert (mail["From"], mail["To"]) == (SENDER, "traveler@example.com")
    assert mail["Subject"] == "Your eSIM: Wakanda 30Days / 30GB"
    assert mail.get_content_type() == "multipart/mixed"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    for part in (text.get_content(), html.get_content()):
        for useful in (*links, "smdp.example.com", "MATCHING-ID", "8932000000000000017", "Wakanda 30Days"):
            assert useful in part


async def test_the_html_shows_the_qr_code_that_the_mail_carries() -> None:
    postbox = Postbox()
    async with listening(lambda: SMTP(postbox)) as port:
        await send(f"smtp://127.0.0.1:{port}")
    html = postbox.mail().get_body(("html",))
    picture, attached = (part for part in postbox.mail().walk() if part.get_content_type() == "image/png")
    assert html is not None
    assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in html.get_content()
    assert (picture.get_content_disposition(), attached.get_content_disposition()) == ("inline", "attachment")
    assert [one.get_filename() for one in (picture, attached)] == ["esim-qr-code.png"] * 2
    for one in (picture, attached):
        found = zxingcpp.read_barcode(Image.open(BytesIO(one.get_content())))
        assert found is not None
        assert found.text == CODE


async def test_only_the_same_message_id_makes_the_same_header() -> None:
    postbox = Postbox()
    long = "P" + "." * 200
    async with listening(lambda: SMTP(postbox)) as port:
        for message_id in ("P-1001", "P-1001", "P-1002", long):
            await send(f"smtp://127.0.0.1:{port}", message_id=message_id)
    contents = [envelope.content for envelope in postbox.mails]
    first, again, other, odd = (message_from_bytes(c, policy=default)["Message-ID"] for c in contents)  # type: ignore[arg-type]
    assert first == again
    assert len({first, other, odd}) == 3
    assert all(re.fullmatch(r"<[0-9a-f]+@shop\.example>", header) for header in (first, other, odd))


@pytest.mark.parametrize("product", ["Wākanda: 30 Täge", "x" * 200, "ワカンダ" * 50, "<b>&amp;</b>"])
async def test_any_product_name_arrives_as_it_is(product: str) -> None:
    postbox = Postbox()
    async with listening(lambda: SMTP(postbox)) as port:
        await send(f"smtp://127.0.0.1:{port}", product=product)
    html = postbox.mail().get_body(("html",))
    assert html is not None
    assert postbox.mail()["Subject"] == f"Your eSIM: {product}"
    assert f"ready: {escape(product)}</h1>" in html.get_content()


@pytest.mark.parametrize(
    "recipient",
    [
        "traveler@example.com\r\nBcc: other@example.com",
        "traveler@example.com\nSubject: other",
        "traveler@example.com>\r\nRCPT TO:<other@example.com",
        "traveler@example.com, other@example.com",
        "traveler@example.com other@example.com",
        "Traveler <traveler@example.com>",
        "=?utf-8?q?traveler=0D=0ABcc=3A_other?=@example.com",
        "=?utf-8?q?traveler?=@example.com",
        "traveler",
        "",
    ],
)
async def test_a_recipient_that_is_not_one_address_reaches_no_server(recipient: str) -> None:
    postbox = Postbox()
    async with listening(lambda: SMTP(postbox)) as port:
        refusal = await refused(f"smtp://127.0.0.1:{port}", recipient=recipient)
    assert postbox.connections == 0
    assert refusal.fault == "mail"


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028", "\0"])
async def test_a_product_cannot_add_a_header(line_break: str) -> None:
    postbox = Postbox()
    async with listening(lambda: SMTP(postbox)) as port:
        refusal = await refused(f"smtp://127.0.0.1:{port}", product=f"Wakanda{line_break}Bcc: a@b.example")
    assert postbox.connections == 0
    assert refusal.fault == "mail"


@pytest.mark.parametrize("charset", ["utf-8?q?Wakanda=0D=0A", "UTF-8?Q?=0A", "us-ascii?q?=0D"])
async def test_a_product_cannot_add_a_header_as_an_encoded_word_either(charset: str) -> None:
    postbox = Postbox()
    async with listening(lambda: SMTP(postbox)) as port:
        await send(f"smtp://127.0.0.1:{port}", product=f"=?{charset}Bcc:_other@example.com=0D=0A?=")
    assert set(postbox.mail().keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"
    }  # fmt: skip
    assert charset in postbox.mail()["Subject"]


async def test_a_malformed_activation_code_is_not_mailed() -> None:
    postbox = Postbox()
    async with listening(lambda: SMTP(postbox)) as port:
        refusal = await refused(f"smtp://127.0.0.1:{port}", activation_code="MATCHING-ID")
    assert postbox.connections == 0
    assert refusal.reason == "the activation code or another value is malformed"


async def test_starttls_is_used_when_the_server_offers_it(trusted: None, tls: ssl.SSLContext) -> None:
    postbox = Postbox()
    async with listening(lambda: SMTP(postbox, tls_context=tls)) as port:
        await send(f"smtp://localhost:{port}")
    assert postbox.mail()
    assert postbox.encrypted


async def test_mail_goes_out_when_starttls_is_not_offered() -> None:
    postbox = Postbox()
    async with listening(lambda: SMTP(postbox)) as port:
        await send(f"smtp://127.0.0.1:{port}")
    assert postbox.mail()
    assert not postbox.encrypted


async def test_smtps_is_encrypted_from_the_first_byte(trusted: None, tls: ssl.SSLContext) -> None:
    postbox = Postbox()
    async with listening(lambda: SMTP(postbox), tls) as port:
        await send(f"smtps://localhost:{port}")
    assert postbox.mail()
    assert postbox.encrypted


async def test_a_server_with_an_unknown_certificate_gets_nothing(tls: ssl.SSLContext) -> None:
    postbox = Postbox()
    async with listening(lambda: SMTP(postbox, tls_context=tls)) as port:
        upgraded = await refused(f"smtp://localhost:{port}")
    async with listening(lambda: SMTP(postbox), tls) as port:
        encrypted = await refused(f"smtps://localhost:{port}")
    assert not postbox.mails
    why = "unable to get local issuer certificate"
    assert upgraded.reason == encrypted.reason == f"the mail server's certificate is not trusted ({why})"
    assert upgraded.fault == "operator"


async def test_a_certificate_that_has_expired_is_said_to_have(authority: trustme.CA, trusted: None) -> None:
    past = datetime(2020, 1, 1, tzinfo=UTC)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf = authority.issue_cert("localhost", not_before=past, not_after=past + timedelta(days=1))
    leaf.configure_cert(context)
    async with listening(lambda: SMTP(Postbox()), context) as port:
        refusal = await refused(f"smtps://localhost:{port}")
    assert refusal.reason == "the mail server's certificate is not trusted (certificate has expired)"


class NoTls(SMTP):
    """Offers encryption, and then has none."""

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        assert self.session is not None
        self.session.host_name = hostname
        await self.push("250-mail.example\r\n250 STARTTLS")

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        await self.push("502 5.5.1 not today")


async def test_a_server_that_offers_encryption_it_does_not_have_is_the_operators_to_mend() -> None:
    async with listening(lambda: NoTls(Postbox())) as port:
        refusal = await refused(f"smtp://127.0.0.1:{port}")
    assert (refusal.reason, refusal.fault) == ("the mail server refused the connection (502)", "operator")


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("554 5.7.1 <traveler@example.com>: Relay access denied", "operator"),  # Postfix
        ("550 relay not permitted", "operator"),  # Exim
        ("550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", "operator"),  # Exchange
        ("550 5.7.1 <traveler@example.com>... Relaying denied", "operator"),  # sendmail
        ("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", "operator"),  # qmail
        ("550 5.1.1 <traveler@relay.example.com>: user unknown at relay1.example.com", "mail"),
        ("454 4.7.1 Relay access denied", "passing"),
    ],
)
async def test_a_server_that_passes_nothing_on_is_the_operators_to_mend(words: str, fault: str) -> None:
    async with listening(lambda: SMTP(Postbox(rcpt=words))) as port:
        assert (await refused(f"smtp://127.0.0.1:{port}")).fault == fault


NO_SENDERS = (
    *("@", "<", "<>", "a", "a@", "@b.example", " ", '"', "a b@c", "A <a@b.example> x", "a@b, c@d", ":;", "("),
    *("a@[", "=?", "a@b..example", "<a@b.example", "a@b.example>", "a@-\u00df\u200d.example", "\ud800@b.example"),
)


@pytest.mark.parametrize("sender", NO_SENDERS)
def test_what_is_no_sender_is_refused_in_a_sentence(sender: str) -> None:
    with pytest.raises(ValueError, match=r"the sender is not one e-mail address|domain"):
        Mailer(SecretStr("smtp://127.0.0.1"), sender)


async def test_a_mail_goes_out_whatever_the_time_zone_of_the_machine_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    postbox = Postbox()
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "XXX-99")
        tzset()
        async with listening(lambda: SMTP(postbox)) as port:
            await send(f"smtp://127.0.0.1:{port}")
    tzset()
    assert postbox.mail()["Date"].endswith("+0000")


class Members:
    """Knows one user, and keeps what passwords it was shown."""

    def __init__(self) -> None:
        self.shown: list[bytes] = []

    def __call__(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        self.shown.append(data.password)
        return AuthResult(success=data == LoginPassword(b"user@shop", b"hunter2/#"), handled=False)


def guarded(postbox: Postbox, members: Members, tls: ssl.SSLContext | None = None) -> Callable[[], SMTP]:
    return lambda: SMTP(
        postbox, authenticator=members, auth_required=True, auth_require_tls=tls is not None, tls_context=tls
    )


unencrypted_login = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


async def test_a_mailer_logs_in_over_starttls(trusted: None, tls: ssl.SSLContext) -> None:
    postbox = Postbox()
    async with listening(guarded(postbox, Members(), tls)) as port:
        await send(f"smtp://user%40shop:hunter2%2F%23@localhost:{port}")
    assert postbox.mail()


@unencrypted_login
async def test_a_wrong_password_is_the_operators_to_mend() -> None:
    postbox = Postbox()
    async with listening(guarded(postbox, Members())) as port:
        refusal = await refused(f"smtp://user%40shop:hunter2@127.0.0.1:{port}")
    assert not postbox.mails
    assert refusal.reason == "the mail server refused the user name or the password (535)"
    assert refusal.fault == "operator"


@unencrypted_login
async def test_no_password_goes_over_a_network_unencrypted() -> None:
    postbox, members = Postbox(), Members()
    async with listening(guarded(postbox, members)) as port:
        # Resolves to 127.0.0.1, but is not written as a loopback address is.
        refusal = await refused(f"smtp://user%40shop:hunter2%2F%23@127.1:{port}")
    assert not members.shown
    assert refusal.reason == "the mail server offers no encryption to send the password over"
    assert refusal.fault == "operator"


async def test_a_login_that_the_server_does_not_know_is_named() -> None:
    async with listening(lambda: SMTP(Postbox())) as port:
        refusal = await refused(f"smtp://user:hunter2@127.0.0.1:{port}")
    assert refusal.reason == "the mail server offers no login that is known here"


async def test_a_refused_recipient_is_named_without_the_address() -> None:
    postbox = Postbox(rcpt="550 traveler@example.com is unknown at 127.0.0.1")
    async with listening(lambda: SMTP(postbox)) as port:
        refusal = await refused(f"smtp://127.0.0.1:{port}")
    assert refusal.reason == "the mail server refused the recipient (550)"
    assert refusal.fault == "mail"


async def test_a_greylisted_recipient_may_be_tried_again() -> None:
    postbox = Postbox(rcpt="451 traveler@example.com: try again later")
    async with listening(lambda: SMTP(postbox)) as port:
        refusal = await refused(f"smtp://127.0.0.1:{port}")
    assert refusal.fault == "passing"


async def test_a_refused_mail_is_not_sent() -> None:
    async with listening(lambda: SMTP(Postbox(data="554 MATCHING-ID looks like spam"))) as port:
        refusal = await refused(f"smtp://127.0.0.1:{port}")
    assert refusal.reason == "the mail server refused the mail (554)"


async def test_an_address_beyond_ascii_needs_a_server_that_takes_it() -> None:
    postbox = Postbox()
    async with listening(lambda: SMTP(postbox)) as port:
        refusal = await refused(f"smtp://127.0.0.1:{port}", recipient="tråveler@example.com")
    async with listening(lambda: SMTP(postbox, enable_SMTPUTF8=True)) as port:
        await send(f"smtp://127.0.0.1:{port}", recipient="tråveler@example.com")
    assert refusal.reason == "the mail server takes only ASCII addresses"
    assert postbox.mail()["To"] == "tråveler@example.com"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("anna@b\u00fccher.example", "anna@xn--bcher-kva.example"),
        ("anna@bu\u0308cher.example", "anna@xn--bcher-kva.example"),
        ("ANNA@B\u00dcCHER.example", "ANNA@xn--bcher-kva.example"),
        ("anna@fa\u00df.example", "anna@xn--fa-hia.example"),
        ("\u00a0anna+esim@example.com\r\n", "anna+esim@example.com"),
        ("\u202aanna@example.com\u202c", "anna@example.com"),
        ("anna.@docomo.ne.jp", "anna.@docomo.ne.jp"),
        ("o'neil/x=y@example.com.", "o'neil/x=y@example.com"),
        ("anna@xn--bcher-kva.example", "anna@xn--bcher-kva.example"),
    ],
)
@pytest.mark.parametrize("is_new", [False, True])
async def test_an_address_gets_a_form_that_every_server_takes(written: str, sent: str, is_new: bool) -> None:
    postbox = Postbox()
    async with listening(lambda: SMTP(postbox, enable_SMTPUTF8=is_new)) as port:
        await send(f"smtp://127.0.0.1:{port}", recipient=written)
    assert (postbox.mails[0].rcpt_tos, postbox.mail()["To"]) == ([sent], sent)


async def test_a_sender_of_any_language_is_sent_in_a_form_that_every_server_takes() -> None:
    postbox = Postbox()
    async with listening(lambda: SMTP(postbox)) as port:
        mailer = Mailer(SecretStr(f"smtp://127.0.0.1:{port}"), "B\u00fccher <esim@b\u00fccher.example>")
        await mailer.send_esim(
            recipient=SecretStr("traveler@example.com"),
            product="Wakanda",
            activation_code=SecretStr(CODE),
            iccid="1",
            message_id="P-1",
        )
    assert postbox.mails[0].mail_from == "esim@xn--bcher-kva.example"
    assert postbox.mail()["From"] == "B\u00fccher <esim@xn--bcher-kva.example>"


@pytest.mark.parametrize("domain", ["\u2603..example", "-\u00fc.example", "\u00fc" * 70])
async def test_a_domain_that_cannot_be_is_one_sentence(domain: str) -> None:
    async with listening(lambda: SMTP(Postbox())) as port:
        refusal = await refused(f"smtp://127.0.0.1:{port}", recipient=f"anna@{domain}")
    assert (refusal.reason, refusal.fault) == ("the recipient's address has a domain that cannot be", "mail")


async def test_a_server_that_is_not_there_may_be_tried_again() -> None:
    async with listening(lambda: SMTP(Postbox())) as port:
        pass
    refusal = await refused(f"smtp://127.0.0.1:{port}")
    assert refusal.reason == "the mail server cannot be reached, or broke the connection"
    assert refusal.fault == "passing"


async def test_a_broken_connection_may_be_tried_again() -> None:
    async with listening(lambda: HangsUp(Postbox())) as port:
        refusal = await refused(f"smtp://127.0.0.1:{port}")
    assert refusal.fault == "passing"


async def test_a_server_that_never_answers_is_given_up_on_at_the_time_limit() -> None:
    started = monotonic()
    async with listening(asyncio.Protocol) as port:
        refusal = await refused(f"smtp://127.0.0.1:{port}", timeout_seconds=0.2)
    assert monotonic() - started < 60
    assert refusal.reason == "the mail server did not take the mail within 0.2 seconds"
    assert refusal.fault == "passing"


async def test_a_mail_that_was_accepted_was_sent_whatever_the_goodbye() -> None:
    postbox = Postbox()
    async with listening(lambda: NeverSaysGoodbye(postbox)) as port:
        await send(f"smtp://127.0.0.1:{port}", timeout_seconds=1)
    assert postbox.mail()


@pytest.mark.parametrize(
    "sender",
    [
        "",
        "shop",
        "a@b.example, c@d.example",
        "Shop\r\nBcc: x@y.example <a@b.example>",
        "=?utf-8?q?Shop=0D=0ABcc:_x@y.example=0D=0A?= <a@b.example>",
    ],
)
def test_a_sender_that_is_not_one_address_is_refused_at_once(sender: str) -> None:
    with pytest.raises(ValueError, match="the sender is not one e-mail address"):
        Mailer(SecretStr("smtp://127.0.0.1"), sender)


def test_a_mailers_repr_shows_no_secret() -> None:
    assert "hunter2" not in repr(vars(Mailer(SecretStr("smtp://user:hunter2@127.0.0.1"), SENDER)))


MORE_NAMES = (
    *("Genève d'Azur 30 jours / 5 Go, Côte d\u2019Azur et Provence-Alpes", "a" * 70 + " é é"),
    *("\u65e5\u672c " * 30 + "x", "a é b è c ê d " * 10 + "x", "word " * 39 + "w"),
    *("Москва  и область", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 30 \u064a\u0648\u0645"),
    *("\U0001f468\u200d\U0001f469 family " * 15 + "x", "= é =?x?= é", 'Reisen, & Co. ("fern")', "50% off; \\ back"),
)


async def test_names_of_every_language_arrive_in_headers_blank_for_blank() -> None:
    """As those read them who go by RFC 2047, and as Python does, whose own way to write them loses blanks."""
    postbox, names = Postbox(), [*NAMES.values(), *MORE_NAMES]
    async with listening(lambda: SMTP(postbox)) as port:
        await send(f"smtp://127.0.0.1:{port}", product=names[-1])
    assert postbox.mail()["Subject"] == f"Your eSIM: {names[-1]}"
    for name in names:
        about = {"recipient": "a@b.example", "subject": f"Your eSIM: {name}", "message_id": "P-1"}
        sent = addressed_mail(sender=Address(name, "esim", "shop.example"), **about).as_bytes(policy=SMTP_POLICY)
        raw = message_from_bytes(sent)
        sender, address = parseaddr(unfolded(raw["From"]))
        assert (decoded(raw["Subject"]), decoded(sender)) == (f"Your eSIM: {name}", name)
        assert message_from_bytes(sent, policy=default)["Subject"] == f"Your eSIM: {name}"
        assert address == "esim@shop.example"
        assert max(map(len, sent.split(b"\r\n"))) <= 78


def unfolded(header: str) -> str:
    return header.replace("\r\n", "")


def decoded(header: str) -> str:
    return str(make_header(decode_header(unfolded(header))))


@pytest.mark.parametrize(("flag", "asks"), [("", False), ("$$1", True)])
async def test_a_mail_says_that_a_confirmation_code_will_be_asked_for(flag: str, asks: bool) -> None:
    postbox = Postbox()
    async with listening(lambda: SMTP(postbox)) as port:
        await send(f"smtp://127.0.0.1:{port}", activation_code=CODE + flag)
    for kind in ("plain", "html"):
        part = postbox.mail().get_body((kind,))
        assert part is not None
        assert ("asks for a confirmation code" in part.get_content()) == asks
