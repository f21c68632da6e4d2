"""Whose process it is that calls from this machine: the kernel knows, and needs no secret for it. Linux only."""

import asyncio
import ipaddress
import os
import struct
from pathlib import Path
from typing import Final

from starlette.types import Scope

OWN_USER: Final = "own-user"
"""In the place of a token's name, in the log."""

TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
"""Of all connections of this machine, each with the user whose socket it is."""

FORWARDED: Final = (b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip")


async def is_of_this_user(scope: Scope) -> bool:
    """Whether the connected program runs on this machine as the user that this process runs as.

    Not where something says that it only passes on what another one asked.
    """
    peer, server = scope.get("state", {}).get("peer"), scope.get("server")
    if not peer or not server or any(name in FORWARDED for name, _ in scope["headers"]):
        return False
    if not ipaddress.ip_address(peer[0]).is_loopback:
        return False
    return await asyncio.to_thread(_owner, (peer[0], peer[1]), (server[0], server[1])) == os.getuid()


def _owner(peer: tuple[str, int], server: tuple[str, int]) -> int | None:
    """The user whose socket is at ``peer`` and connected to ``server``; None if there is none of this machine."""
    ends = (_shown(peer), _shown(server))
    for table in TABLES:
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            if (_bare(columns[1]), _bare(columns[2])) == ends:
                return int(columns[7])
    return None


MAPPED: Final = "0000000000000000FFFF0000"


def _bare(place: str) -> str:
    """An IPv4 address that IPv6 maps, as the other table has it."""
    return place.removeprefix(MAPPED)


def _shown(place: tuple[str, int]) -> str:
    """As the tables have it: each four bytes in the order of this machine, as a number."""
    packed = ipaddress.ip_address(place[0]).packed
    words = (word for (word,) in struct.iter_unpack("=I", packed))
    return _bare("".join(f"{word:08X}" for word in words)) + f":{place[1]:04X}"
