import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import Worker

from contract.esim import ProvisionedEsim
from tests.support.seller import Seller, eventually, seller
from tests.support.terminal import Finished, Terminal, terminal_of
from workflows.registered import WORKFLOWS

SECONDS = 5
"""Within which somebody is told that there is nobody to talk to, where a program starts in half a second."""

COMMANDS: list[list[tuple[str, ...]]] = [
    [("provision", "Wakanda Daily"), ("qr", "P-1")],
    [("suspend", "4000001"), ("list",)],
]
"""Two at a time: each is to have a core for itself."""


async def all_in_time(*ends: Finished) -> bool:
    """Whether they took no more than that, with an allowance for a machine that has too much to do."""
    start = await Terminal({}, new_python=True).run("no-such-command")
    return max(end.seconds for end in ends) < SECONDS + max(0.0, 2 * (start.seconds - 0.5))


@asynccontextmanager
async def silent_server() -> AsyncIterator[str]:
    """Takes connections, and never says a word."""

    async def hold(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


class Line:
    """A way to a server that can be cut."""

    def __init__(self, server: str) -> None:
        self._host, _, self._port = server.partition(":")
        self._writers: list[asyncio.StreamWriter] = []
        self._pipes: list[asyncio.Task[None]] = []

    async def open(self) -> str:
        self._entrance = await asyncio.start_server(self._through, "127.0.0.1", 0)
        return f"127.0.0.1:{self._entrance.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        self._entrance.close()
        for pipe in self._pipes:
            pipe.cancel()
        for writer in self._writers:
            writer.close()

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        self._writers += [writer, far_writer]
        self._pipes.append(asyncio.create_task(self._pipe(reader, far_writer)))
        self._pipes.append(asyncio.create_task(self._pipe(far_reader, writer)))

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while some := await reader.read(65536):
            writer.write(some)


@pytest.fixture
async def abandoned(client: Client) -> AsyncIterator[tuple[Seller, ProvisionedEsim]]:
    """A seller that has sold an eSIM, and whose worker has just stopped: the server does not know that yet."""
    async with seller(client) as shop:
        async with shop.working():
            esim = await shop.sell(shop.purchase(purchase_id="P-sold-before"))
        yield shop, esim


@pytest.mark.alone
@pytest.mark.long
async def test_without_a_server_every_command_says_so() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        terminal, ends = Terminal({"TEMPORAL_ADDRESS": address}, new_python=True), list[Finished]()
        for commands in COMMANDS:
            ends += await asyncio.gather(*(terminal.run(*command) for command in commands))
    for end in ends:
        assert (end.code, end.output) == (1, "")
        assert end.sentence.startswith(f"No Temporal server answers at {address}")
    assert await all_in_time(*ends)


@pytest.mark.alone
@pytest.mark.long
async def test_a_server_that_says_nothing_is_none() -> None:
    async with silent_server() as address:
        terminal = Terminal({"TEMPORAL_ADDRESS": address}, new_python=True)
        person, script = await asyncio.gather(terminal.run("status", "P-1"), terminal.run("status", "P-1", "--json"))
    assert (person.code, script.code, script.errors) == (1, 1, "")
    assert person.sentence.startswith(f"No Temporal server answers at {address}")
    assert script.document["error"]["type"] == "NoTemporalServer"
    assert await all_in_time(person, script)


async def test_without_a_worker_nothing_is_started_and_every_command_that_needs_one_says_so(client: Client) -> None:
    async with seller(client) as shop:
        terminal = terminal_of(shop)
        ends = await asyncio.gather(
            terminal.run("provision", "Wakanda Daily", "--purchase-id", "P-not-started"),
            terminal.run("status", "P-not-started"),
        )
        qr = await terminal.run("qr", "P-not-started", "--json")
    for end in ends:
        assert (end.code, end.output) == (1, "")
        assert end.sentence.startswith(f"No worker polls task queue {shop.task_queue}")
    assert await all_in_time(*ends)
    assert qr.document["error"]["type"] == "NotFound"


async def test_a_worker_that_makes_no_calls_to_sft_is_not_enough(client: Client) -> None:
    async with seller(client) as shop, Worker(client, task_queue=shop.task_queue, workflows=WORKFLOWS):
        end = await terminal_of(shop).run("status", "P-1")
    # Queues of other tests may have similar names: then it names those.
    assert (end.code, end.sentence.startswith(f"No worker polls task queue {shop.task_queue}")) == (1, True)


@pytest.mark.alone
@pytest.mark.long
async def test_a_worker_that_has_stopped_is_missed_although_the_server_still_lists_it(
    abandoned: tuple[Seller, ProvisionedEsim],
) -> None:
    shop, esim = abandoned
    terminal = replace(terminal_of(shop), new_python=True)  # which is as patient as it is for people
    qr = await terminal.run("qr", "P-sold-before", "--json")
    suspension, usage = await asyncio.gather(
        terminal.run("suspend", esim.endpoint_id), terminal.run("usage", esim.endpoint_id, "--cached")
    )
    addon, purchase = await asyncio.gather(
        terminal.run("buy-addon", esim.endpoint_id, "Wakanda Daily", "--purchase-id", "A-open"),
        terminal.run("provision", "Wakanda Daily", "--purchase-id", "P-open"),
    )
    for end in (suspension, usage, addon, purchase):
        assert end.code == 1
        assert end.sentence.startswith("No worker answers")
    assert await all_in_time(suspension, usage, addon, purchase)
    assert suspension.sentence.endswith("the same command asks for it again, which does no harm")
    assert "--purchase-id A-open" in addon.sentence
    assert purchase.sentence.endswith("purchase P-open goes on: python starter.py status P-open")
    assert qr.document["activation_code"] == esim.activation_code


async def test_a_server_that_goes_away_is_missed_and_scripts_still_get_one_document(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        line = Line(client.service_client.config.target_host)
        terminal = Terminal({"TEMPORAL_ADDRESS": await line.open(), "ESIM_TASK_QUEUE": shop.task_queue})
        process = await terminal.start("provision", "Wakanda Daily", "--purchase-id", "P-cut-off", "--json")
        run = client.get_workflow_handle("provision-P-cut-off", result_type=ProvisionedEsim)

        async def waits_for_stock() -> bool:
            try:
                return (await shop.progress(run)).step == "waiting_for_stock"
            except RPCError:
                return False

        await eventually(waits_for_stock)
        line.cut()
        output, errors = await process.communicate()
    end = Finished(process.returncode or 0, output.decode(), errors.decode(), 0)
    assert (end.code, end.errors) == (1, "")
    assert end.document["error"]["type"] == "NoTemporalServer"
    assert end.document["error"]["message"].endswith("purchase P-cut-off goes on: python starter.py status P-cut-off")
