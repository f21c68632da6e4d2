import pytest
from pydantic import SecretStr

from delivery.smtp_server import Login, SmtpServer


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", SmtpServer("mail.example.com", 25, tls=False)),
        ("smtps://mail.example.com/", SmtpServer("mail.example.com", 465, tls=True)),
        ("SMTP://mail.example.com:2525", SmtpServer("mail.example.com", 2525, tls=False)),
        ("smtp://[::1]:1025", SmtpServer("::1", 1025, tls=False)),
        ("smtp://mail.b\u00fccher.example.", SmtpServer("mail.xn--bcher-kva.example", 25, tls=False)),
        (
            "smtps://a%40b.example:p%2Fw%23%3A@mail.example.com:587",
            SmtpServer("mail.example.com", 587, tls=True, login=Login("a@b.example", "p/w#:")),
        ),
    ],
)
def test_a_url_names_a_server(url: str, server: SmtpServer) -> None:
    assert SmtpServer.from_url(SecretStr(url)) == server


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.com:25",
        "http://mail.example.com",
        "smtp://",
        "smtp://user:hunter2@",
        "smtp://user:hunter2@mail.example.com:port",
        "smtp://user:hunter2@mail.example.com:99999",
        "smtp://user:hunter2/rest@mail.example.com",
        "smtp://user:25#hunter2@mail.example.com",
        "smtp://user:25?hunter2@mail.example.com",
        "smtp://user:25/hunter2@mail.example.com",
        "smtp://user:hunter2@[mail.example.com",
        "smtp://hunter2@mail.example.com",
        "smtp://user:hunter2@mail..example.com",
        "smtp://user:hunter2@" + "m" * 64 + ".example.com",
        "smtp://user:hunter2@mail example.com",
        "smtp://:hunter2@mail.example.com",
        "smtp://user:hunter2@mail.example.com\r\nMAIL FROM:<x@y.example>",
    ],
)
def test_anything_else_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(ValueError, match="the SMTP URL is not of the form") as refusal:
        SmtpServer.from_url(SecretStr(url))
    assert "hunter2" not in str(refusal.value)
    assert refusal.value.__context__ is None


def test_a_repr_shows_neither_user_nor_password() -> None:
    server = SmtpServer.from_url(SecretStr("smtp://user:hunter2@mail.example.com"))
    assert "user" not in repr(server)
    assert "hunter2" not in repr(server)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "[::1]"])
def test_loopback_is_this_machine(host: str) -> None:
    assert SmtpServer.from_url(SecretStr(f"smtp://{host}")).is_this_machine


@pytest.mark.parametrize("host", ["mail.example.com", "192.0.2.1", "localhost.example.com", "127.1"])
def test_nothing_else_is_this_machine(host: str) -> None:
    assert not SmtpServer.from_url(SecretStr(f"smtp://{host}")).is_this_machine
