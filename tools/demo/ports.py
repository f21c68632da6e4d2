"""Ports to listen on: the usual ones, or free ones where somebody else is there already."""

import socket
from collections.abc import Mapping
from contextlib import ExitStack, closing
from typing import Final

LOOPBACK: Final = "127.0.0.1"


def free_ports(usual: Mapping[str, int]) -> dict[str, int]:
    """A port for each name: the usual one if it is free right now, any free one if not."""
    with ExitStack() as held:  # all at once, so that none is picked twice
        return {name: held.enter_context(closing(_listening(port))).getsockname()[1] for name, port in usual.items()}


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, port))
    except OSError:
        return socket.create_server((LOOPBACK, 0))
