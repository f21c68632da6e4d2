"""Who has a server of ours write an address of theirs into an answer, to have it kept and followed by others."""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from observability.metrics import Metrics
from tests.support.codec_server import TOKEN, codec_server
from tests.support.encryption_keys import ring
from tests.support.portal import opened
from tests.support.seller import Seller
from tools.demo.portal import open_portal
from tools.simulator import server as simulator
from tools.simulator.platform import Platform

EVIL = "evil.example"
PRETENDED = {
    "Host": EVIL,
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Prefix": f"//{EVIL}",
    "Forwarded": f"host={EVIL}",
    "X-Original-URL": f"//{EVIL}/",
}


def paths_of(routes: Iterable[BaseRoute], under: str = "") -> set[str]:
    """The addresses of an application, with something in the place of what is variable."""
    found = set()
    for route in routes:
        if isinstance(route, Mount):
            found |= {f"{under}{route.path}"} | paths_of(route.routes or [], f"{under}{route.path}")
        elif isinstance(route, Route):
            found.add(under + route.path.format(**dict.fromkeys(route.param_convertors, "X-1")))
    return found
