"""An address of this machine to listen on, as host:port."""

import ipaddress
import re
import socket
from typing import NamedTuple


class CannotListen(Exception):
    """An address cannot be listened on. The message names it and says what to do."""


class Address(NamedTuple):
    """An IP address and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def listener(self) -> socket.socket:
        """A socket that waits for connections there. Raises OSError if the address is not to be had."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        # asyncio turns Nagle's algorithm off only for sockets that name TCP: else every answer takes 40 ms longer.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(self)
            listener.listen()
        except OSError:
            listener.close()
            raise
        return listener

    def listener_for(self, variable: str) -> socket.socket:
        """A socket that waits for connections there. Raises CannotListen, which names the address's variable."""
        try:
            return self.listener()
        except OSError as error:
            raise self.refused(variable, error.strerror or str(error)) from None

    def refused(self, variable: str, reason: str) -> CannotListen:
        """The error for an address, from this variable, that cannot be listened on for this reason."""
        return CannotListen(f"{variable}: cannot listen on {self} ({reason}); set a free address of this machine")


def address_of(text: str) -> Address:
    """Reads ``127.0.0.1:9464``, ``[::1]:9464`` or ``localhost:9464``. Raises ValueError for anything else."""
    host, _, port = text.rpartition(":")
    host = {"localhost": "127.0.0.1"}.get(host, host)
    bare = host[1:-1] if re.fullmatch(r"\[.*\]", host) else host
    try:
        is_bracketed, version = bare != host, ipaddress.ip_address(bare).version
        if is_bracketed == (version == 6) and re.fullmatch("[0-9]{1,5}", port) and 0 < int(port) < 65536:
            return Address(bare, int(port))
    except ValueError:
        pass
    raise ValueError("is not an IP address and a port, such as 0.0.0.0:9464")


def checked_address(text: str) -> str:
    """The text as it is, if it can be read as an address. Raises ValueError if not."""
    address_of(text)
    return text
