"""Connections that are cut without an answer, which an ASGI application cannot do by itself."""

import asyncio
import socket
import struct
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn import Config
from uvicorn.protocols.http.h11_impl import RequestResponseCycle
from uvicorn.server import ServerState

from process import connection

SEND_RST_ON_CLOSE = struct.pack("ii", 1, 0)


class Connection(connection.Connection):
    """A connection of ours; it adds itself to the ``state`` of every request's scope."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, "connection": self}, _loop)

    def cut(self, *, reset: bool = False) -> None:
        """Close the TCP connection at once, in good order or by a reset, and answer nothing."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None:
            # uvicorn answers 500 for an application that did not answer, unless the client has left.
            cycle.disconnected = True
        if self.transport.is_closing():
            return
        if reset:
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, SEND_RST_ON_CLOSE)
            self.transport.abort()
        else:
            self.transport.close()


class NoAnswer(Response):
    """A response that is none: the connection is cut instead."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__()
        self._reset = reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = scope["state"]["connection"]
        assert isinstance(connection, Connection)
        connection.cut(reset=self._reset)
