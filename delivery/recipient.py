"""The address that a mail server is given: what every server takes, wherever there is such a form."""

import re
import unicodedata
from typing import Final

import httpx

LABEL: Final = re.compile(r"[A-Za-z0-9_-]{1,63}")
"""What stands between the full stops of a name. Underscores are in some that work."""


class NoDomain(ValueError):
    """What is behind the @ of an address is no name that a domain could have. The address is not quoted."""


def deliverable(address: str) -> str:
    """The address with its domain as DNS has it (``xn--…``), which not only servers with SMTPUTF8 take, and no full
    stop at its end. A name before the @ that is not ASCII has no other form: then all of it stays as it is.

    Raises NoDomain.
    """
    local, _, domain = unicodedata.normalize("NFC", address).rpartition("@")
    domain = domain.rstrip(".\u3002")
    as_dns_has_it = ascii_host(domain)
    return f"{local}@{as_dns_has_it if local.isascii() else domain}"


def ascii_host(name: str) -> str:
    """The name of a host as DNS has it, or an address as it is. Raises NoDomain."""
    try:
        # httpx, because it writes names of hosts as browsers do (IDNA 2008, idna), and is here anyway.
        host = httpx.URL(scheme="http", host=name).raw_host.decode()
    except (httpx.InvalidURL, UnicodeError):
        raise NoDomain("the domain of the address is no name of a domain") from None
    if ":" not in host and not all(LABEL.fullmatch(label) for label in host.split(".")):
        raise NoDomain("the address has no domain, or one with a part that is empty or too long")
    return host
