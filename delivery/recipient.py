"""The address that a mail server is given: what every server takes, wherever there is such a form."""

import unicodedata

import httpx


class NoDomain(ValueError):
    """What is behind the @ of an address is no name that a domain could have. The address is not quoted."""


def deliverable(address: str) -> str:
    """The address with its domain as DNS has it (``xn--…``), which not only servers with SMTPUTF8 take, and no full
    stop at its end. A name before the @ that is not ASCII has no other form: then all of it stays as it is.

    Raises NoDomain.
    """
    local, _, domain = unicodedata.normalize("NFC", address).rpartition("@")
    domain = domain.rstrip(".\u3002")
    try:
        # httpx, because it writes names of hosts as browsers do (IDNA 2008, idna), and is here anyway.
        ascii_domain = httpx.URL(scheme="http", host=domain).raw_host.decode()
    except (httpx.InvalidURL, UnicodeError):
        raise NoDomain("the domain of the address is no name of a domain") from None
    if not ascii_domain:
        raise NoDomain("the address has no domain")
    return f"{local}@{ascii_domain if local.isascii() else domain}"
