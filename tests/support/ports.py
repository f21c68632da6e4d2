"""Ports on which nobody listens."""

import itertools
import os
import socket
from typing import Final

FIRST: Final = 11_000
"""Browsers go to none of the well-known ones, up to 10080; those from 32768 on go out to whoever asks for any."""

OF_EACH: Final = 1_000

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_ports = itertools.cycle(range(FIRST + _worker * OF_EACH, FIRST + (_worker + 1) * OF_EACH))


def free_port() -> int:
    """One of 127.0.0.1 that is free right now, and that no other process of these tests takes meanwhile."""
    return next(port for port in _ports if _is_free(port))


def _is_free(port: int) -> bool:
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False
