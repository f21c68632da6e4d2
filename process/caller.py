"""Who calls: addresses as they are told apart."""

import ipaddress
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")

UNKNOWN: Final = "unknown"
"""In the place of what a proxy passed on and is no address: not each its own, or whoever makes them up is many."""


def plain_address(host: str) -> str:
    """An address as it is usually written; IPv4 for one that IPv6 maps, as it is on a socket that takes both."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return UNKNOWN
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def network_of(host: str) -> str:
    """What one customer has: an IPv4 address, also where it is within an IPv6 address, or the /64 of that."""
    try:
        address = ipaddress.ip_address(plain_address(host))
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if inner := address.sixtofour or (ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else None):
        return str(inner)
    return str(ipaddress.IPv6Network((address, 64), strict=False))


def telling_callers_apart(application: ASGIApp, proxies: str) -> ASGIApp:
    """The application, told by each of the ``proxies`` (addresses and networks, after commas) who calls through it.

    ``scope["client"]`` is the caller; ``scope["state"]["peer"]`` is who is connected.
    """
    behind: Any = _Plain(application)
    return _Plain(ProxyHeadersMiddleware(behind, proxies) if proxies else application, is_peer=True)


class _Plain:
    """Writes the caller's address as ``plain_address`` does."""

    def __init__(self, app: Any, *, is_peer: bool = False) -> None:
        self._app = app
        self._is_peer = is_peer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if client := scope.get("client"):
            scope["client"] = (plain_address(client[0]), client[1])
        if self._is_peer:
            scope.setdefault("state", {})["peer"] = scope.get("client")
        await self._app(scope, receive, send)
