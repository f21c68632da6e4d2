"""Ways in which a run can end. Not collected by name: test_exit.py runs them in a pytest of their own."""

import asyncio
import socket
import time
from collections.abc import Callable

import pytest
from temporalio.client import Client


class AbandonedCalls:
    """Calls of the SDK that come back while Python is being taken apart: the server breaks them off then."""

    def __init__(self) -> None:
        self._connections: list[socket.socket] = []
        self._sleep: Callable[[float], None] = time.sleep
        self._loop = asyncio.new_event_loop()
        self._calls = self._loop.run_until_complete(self._connect())

    async def _connect(self) -> list[asyncio.Task[Client]]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.setblocking(False)
            address = f"127.0.0.1:{server.getsockname()[1]}"
            calls = [asyncio.create_task(Client.connect(address)) for _ in range(20)]
            for _ in calls:
                connection, _peer = await self._loop.sock_accept(server)
                self._connections.append(connection)
        return calls

    def __del__(self) -> None:
        for connection in self._connections:
            connection.close()
        self._sleep(0.3)


_abandoned: list[AbandonedCalls] = []


@pytest.fixture(autouse=True)
def abandon_calls() -> None:
    _abandoned.append(AbandonedCalls())


def test_passes() -> None:
    pass


def test_fails() -> None:
    pytest.fail("on purpose")


def test_is_interrupted() -> None:
    raise KeyboardInterrupt


def test_breaks_the_end_of_pytest(pytestconfig: pytest.Config) -> None:
    def break_it() -> None:
        raise RuntimeError("after the report")

    pytestconfig.add_cleanup(break_it)
