"""Host, port, encryption and login of the mail server that an SMTP URL names."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import SecretStr

from delivery.recipient import NoDomain, ascii_host

_DEFAULT_PORTS = {"smtp": 25, "smtps": 465}


@dataclass(frozen=True)
class Login:
    """A user name with its password; neither shows in a repr."""

    username: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True)
class SmtpServer:
    """Where mail is handed in, and whether the connection is encrypted from its first byte (``smtps``)."""

    host: str
    port: int
    tls: bool
    login: Login | None = None

    @staticmethod
    def from_url(url: SecretStr) -> SmtpServer:
        """Reads ``smtp[s]://[user:password@]host[:port]``, the port being 25 (smtps: 465) if it has none.

        Raises ValueError, with nothing of the URL in it, if it is anything else.
        """
        server = _server(url.get_secret_value())
        if server is None:
            raise ValueError(
                "the SMTP URL is not of the form smtp://user:password@host:port or smtps://…"
                " (percent-encode special characters in the user name and the password)"
            )
        return server

    @property
    def is_this_machine(self) -> bool:
        """Whether what is sent to it cannot be overheard on a network."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False


def _server(url: str) -> SmtpServer | None:
    # An unescaped "/", "#" or "?" moves the rest of a password into path, query or fragment, and its beginning
    # into the port, from where urlsplit would quote it in its own ValueError.
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if not url.isprintable() or parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        return None
    login = _login(parts)
    if login is None and "@" in parts.netloc:
        return None
    try:
        host = ascii_host(parts.hostname.rstrip("."))  # what no resolver could ask for
    except NoDomain:
        return None
    return SmtpServer(host, port or _DEFAULT_PORTS[parts.scheme], parts.scheme == "smtps", login)


def _login(parts: SplitResult) -> Login | None:
    if not parts.username or not parts.password:
        return None
    return Login(unquote(parts.username), unquote(parts.password))
