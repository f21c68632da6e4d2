"""How HTTP requests leave this machine: through which proxy of the environment, if any, and what keeps them from it."""

import importlib.util
import ipaddress
import os
import ssl
from contextlib import suppress
from typing import Final
from urllib.request import getproxies

import httpx

KINDS: Final = ("http", "https", "socks5", "socks5h")

AS_IN: Final = "http://proxy.example.com:3128"

LIMITS: Final = httpx.Limits(max_connections=100, max_keepalive_connections=20)
"""httpx's own."""


class NoWayOut(ValueError):
    """The environment names a proxy or certificates that cannot be used. The message names the variable, and shows
    nothing of a proxy's address: there may be a password in it."""


def transport_to(url: str, limits: httpx.Limits = LIMITS) -> httpx.AsyncHTTPTransport:
    """What connects to this URL. Raises NoWayOut.

    httpx's own reading of the environment fails on networks in NO_PROXY and on SOCKS, and so is not asked.
    """
    return httpx.AsyncHTTPTransport(proxy=proxy_to(url), limits=limits)


def proxy_to(url: str) -> httpx.Proxy | None:
    """The proxy through which this URL is reached, by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY; None if it is
    reached directly, as this machine always is. Raises NoWayOut, also for certificates that cannot be read."""
    _check_certificates()
    target = httpx.URL(url)
    proxies = getproxies()
    scheme = next((scheme for scheme in (target.scheme, "all") if proxies.get(scheme)), None)
    if scheme is None or _is_direct(target, proxies.get("no", "")):
        return None
    return _proxy(_variable(f"{scheme}_proxy"), proxies[scheme].strip())


def _proxy(variable: str, address: str) -> httpx.Proxy:
    address = address if "://" in address else f"http://{address}"
    try:
        url = httpx.URL(address)
        host = url.host
    except (httpx.InvalidURL, UnicodeError):  # the second for a name that only looks like an encoded one
        raise NoWayOut(f"{variable} is not the address of a proxy, such as {AS_IN}") from None
    if url.scheme not in KINDS:
        raise NoWayOut(f"{variable} begins with {url.scheme}://, and a proxy with {', '.join(KINDS)}")
    if not host:
        raise NoWayOut(f"{variable} names no host, as {AS_IN} does")
    if url.port is not None and not 0 < url.port < 65536:
        raise NoWayOut(f"{variable} has a port that there is not: they end with 65535")
    if url.path not in ("", "/") or url.query or url.fragment:
        # An unescaped "/", "#" or "?" in a password moves its rest there, and makes the user name the host.
        raise NoWayOut(
            f"{variable} has something behind host and port (percent-encode special characters of a password)"
        )
    if url.scheme.startswith("socks") and importlib.util.find_spec("socksio") is None:
        raise NoWayOut(
            f"{variable} names a SOCKS proxy, for which a package is missing: pip install socksio, or name a proxy "
            "that begins with http://"
        )
    return httpx.Proxy(url)


def _check_certificates() -> None:
    file, folders = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    if folders and not file and not any(map(os.path.exists, folders.split(os.pathsep))):
        raise NoWayOut(f"SSL_CERT_DIR ({folders!r}) cannot be used: there is no such folder")
    try:
        if file:
            ssl.create_default_context(cafile=file)
    except OSError as error:
        why = "it holds no certificates" if isinstance(error, ssl.SSLError) else error.strerror
        raise NoWayOut(f"SSL_CERT_FILE ({file!r}) cannot be used: {why}") from None


def _is_direct(target: httpx.URL, exceptions: str) -> bool:
    host = target.raw_host.decode().rstrip(".")
    with suppress(ValueError):
        if ipaddress.ip_address(host).is_loopback:
            return True
    if host == "localhost":
        return True
    return any(_excepts(entry, host, target) for entry in exceptions.lower().replace(",", " ").split())


def _excepts(entry: str, host: str, target: httpx.URL) -> bool:
    """Whether an entry of NO_PROXY is about this host: ``*``, a name with or without its subdomains, an address or a
    network, each with a port or without; IPv6 in brackets or without."""
    if entry == "*":
        return True
    scheme, separator, rest = entry.rpartition("://")
    if separator and scheme not in (target.scheme, "all"):
        return False
    name, port = _split(rest)
    with suppress(httpx.InvalidURL, UnicodeError):
        name = name if name.isascii() else httpx.URL(scheme="http", host=name.lstrip("*.")).raw_host.decode()
    if port and port != str(target.port or {"http": 80, "https": 443}[target.scheme]):
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = name.lstrip("*").strip(".")
        return bool(name) and (host == name or host.endswith(f".{name}"))
    try:
        return address in ipaddress.ip_network(name, strict=False)
    except ValueError:
        return False


def _split(entry: str) -> tuple[str, str]:
    """An entry without brackets, and its port; empty if it has none."""
    if entry.startswith("["):
        inside, _, behind = entry[1:].partition("]")
        if behind.startswith("/"):  # [fe80::]/10
            return f"{inside}{behind}", ""
        return inside, behind.removeprefix(":")
    name, colon, port = entry.rpartition(":")
    return (name, port) if colon and ":" not in name and port.isdecimal() else (entry, "")


def _variable(name: str) -> str:
    """As it is written in the environment; lower case comes first there."""
    return name if os.environ.get(name) else name.upper()
