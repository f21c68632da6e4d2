"""The demo: whole demos, all at once, each in a directory and a session of its own."""

import asyncio
import fcntl
import json
import os
import re
import signal
import socket
import time
from asyncio.subprocess import Process
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from delivery.qr import qr_text
from seller.catalog import SHIPPED, read_catalog
from tests.support.forked import Program
from tests.support.ports import free_port
from tests.support.processes import Entry, session_of
from tests.support.terminal import Finished, Terminal, demo_terminal, reads, sourced
from tools.demo.child import Child
from tools.demo.place import free_place
from tools.demo.processes import METRICS_PORTS, SHOP_PORTS, SIMULATOR_PORTS, TEMPORAL, TEMPORAL_PORTS
from tools.demo.story import Demonstrated

pytestmark = pytest.mark.long

USUAL_PORTS = {**TEMPORAL_PORTS, **SIMULATOR_PORTS, **METRICS_PORTS, **SHOP_PORTS}

REAL_THING = {
    "TEMPORAL_ADDRESS": "temporal.invalid:7233",
    "TEMPORAL_NAMESPACE": "production",
    "TEMPORAL_TLS": "true",
    "TEMPORAL_CONFIG_FILE": "/nowhere/temporal.toml",
    "SFT_BASE_URL": "https://sft.invalid/api",
    "SFT_USERNAME": "somebody",
    "SFT_TIMEOUT_SECONDS": "soon",
    "ESIM_TASK_QUEUE": "production",
    "ESIM_CATALOG": "/nowhere/catalog.toml",
    "SMTP_URL": "gopher://mail.invalid",
    "PORTAL_WEBHOOK_SECRET": "short",
    "PORTAL_ADDRESS": "nowhere",
    "PORTAL_SECRET": "short",
    "METRICS_ADDRESS": "nowhere",
    "READINESS_ADDRESS": "nowhere",
    "LOG_FORMAT": "runes",
    "LOG_LEVEL": "LOUD",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
}


@dataclass
class Demo:
    """A demo that has ended, and what was left of it."""

    end: Finished
    left: list[Entry]
    seen: list[Entry]
    """The processes that were there when it had been shown."""


@dataclass
class Demos:
    once: Demo
    stopped: dict[signal.Signals, Demo]
    bad_database: Demo
    dead_worker: Demo
    used_from_outside: Finished
    used_without_key: Finished
    visited: httpx.Response
    """What the shop answered."""
    kept_in: Path
    """What is used from outside keeps its state there."""


async def ended(process: Process | Program, output: str = "", seen: list[Entry] | None = None) -> Demo:
    rest, errors = await process.communicate()
    assert process.returncode is not None
    end = Finished(process.returncode, output + rest.decode(), errors.decode(), 0)
    return Demo(end, session_of(process.pid), seen or [])


async def interrupted(directory: Path, number: signal.Signals, words: str) -> Demo:
    process = await demo_terminal().start("--once", "--directory", str(directory / number.name))
    output = await reads(process, words)
    process.send_signal(number)
    process.send_signal(number)
    return await ended(process, output)


async def shown_once(directory: Path) -> Demo:
    """Beside another demo that uses its directory, and beside the configuration of the real thing."""
    directory /= "once"
    directory.mkdir()
    with (directory / "lock").open("w") as another:
        fcntl.flock(another, fcntl.LOCK_EX)
        return await ended(
            await demo_terminal(REAL_THING, new_python=True).start("--once", "--directory", str(directory))
        )


async def shown_on_a_bad_database(directory: Path) -> Demo:
    directory /= "bad"
    directory.mkdir()
    (directory / "temporal.db").write_text("This is no database.\n")
    return await ended(await demo_terminal().start("--directory", str(directory)))


async def database_of_an_earlier_version(directory: Path) -> None:
    """One whose namespace lacks every search attribute of ours, which the server registers at its first start only."""
    with free_place(directory) as place:
        listening = ["--headless", "--ip=127.0.0.1", f"--port={free_port()}"]
        database = f"--db-filename={directory / 'temporal.db'}"
        server = Child("Temporal", [str(TEMPORAL), "server", "start-dev", *listening, database], os.environ, place)
        await server.says("Temporal Server:")
        await server.stop()


async def shown_until_ctrl_c(directory: Path) -> tuple[Demo, Finished, Finished, httpx.Response]:
    """As scripts see it: they get their document while everything stays up."""
    await database_of_an_earlier_version(directory / "up")
    process = await demo_terminal().start("--json", "--directory", str(directory / "up"))
    output = await reads(process, "\n}\n")
    seen = session_of(process.pid)
    document = Demonstrated.model_validate_json(output)
    variables = await sourced(directory / "up" / "env")
    status = ("status", document.esim.endpoint_id, "--json")
    outside = await Terminal(variables).run(*status)
    without_key = await Terminal({"TEMPORAL_ADDRESS": variables["TEMPORAL_ADDRESS"]}).run(*status)
    async with httpx.AsyncClient(trust_env=False) as http:
        visited = await http.get(document.shop)
    process.send_signal(signal.SIGINT)
    return await ended(process, output, seen), outside, without_key, visited


async def shown_until_the_worker_dies(directory: Path) -> Demo:
    process = await demo_terminal().start("--directory", str(directory / "dead"))
    output = await reads(process, "✓ Worker")
    [worker] = [entry for entry in session_of(process.pid) if "worker.py" in entry.command]
    worker.kill()
    return await ended(process, output)


@contextmanager
def busy_ports() -> Iterator[None]:
    """Somebody listens on every usual port, be it us or whoever was there before."""
    with ExitStack() as held:
        for port in USUAL_PORTS.values():
            try:
                held.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
        yield


@pytest.fixture(scope="module")
async def demos(tmp_path_factory: pytest.TempPathFactory) -> Demos:
    """Demos, all at the same time."""
    directory = tmp_path_factory.mktemp("demos")
    with busy_ports():
        async with asyncio.TaskGroup() as together:
            once = together.create_task(shown_once(directory))
            staying = together.create_task(shown_until_ctrl_c(directory))
            bad = together.create_task(shown_on_a_bad_database(directory))
            dead = together.create_task(shown_until_the_worker_dies(directory))
            terminated = together.create_task(interrupted(directory, signal.SIGTERM, "… Starting Simulator"))
            hung_up = together.create_task(interrupted(directory, signal.SIGHUP, "✓ Find an available eSIM"))
    stayed, outside, without_key, visited = staying.result()
    stopped = {signal.SIGINT: stayed, signal.SIGTERM: terminated.result(), signal.SIGHUP: hung_up.result()}
    return Demos(once.result(), stopped, bad.result(), dead.result(), outside, without_key, visited, directory / "up")


async def test_a_demo_comes_to_the_table_of_the_guide_with_three_balances(demos: Demos) -> None:
    assert (demos.once.end.code, demos.once.end.errors) == (0, "")
    _, _, after = demos.once.end.output.partition("Three assignments, one planId, three uniqueIds")
    _, head, rule, *rows = [line.split() for line in after.splitlines() if line.strip()][:6]
    assert head == ["Assignment", "Product", "planId", "uniqueId", "Left", "State"]
    assert set("".join(rule)) == {"─"}
    for number, row in enumerate(rows, start=1):
        assert " ".join(row[:6]) == f"{number} Wakanda 30Days / 30GB PLAN-WAKANDA-30D-30GB"
    assert len({row[6] for row in rows}) == 3
    assert [" ".join(row[8:]) for row in rows] == [
        "3.6 of 30.0 GB in use",
        "19.5 of 30.0 GB in use",
        "30.0 of 30.0 GB waiting for first use",
    ]


async def test_a_demo_shows_the_sale_the_use_the_warning_the_top_ups_and_where_to_look(demos: Demos) -> None:
    output = demos.once.end.output
    assert "\x1b" not in output  # which is no terminal
    [matching_id] = re.findall(r"activation code (\S+)", output)
    parts = [
        "✓ Find an available eSIM",
        "✓ Activate it",
        "✓ Provision the add-on",
        "✓ Deliver",
        qr_text(f"LPA:1$smdp.example.com${matching_id}"),
        "✓ In the traveler's mailbox: Your eSIM: Wakanda 30Days / 30GB",
        "✓ At the portal's webhook, signature verified: esim_provisioned (subscription-",
        "██████████████ 30.0 of 30.0 GB, waiting for first use",
        "███████████░░░ 24.0 of 30.0 GB, in use",
        "██████░░░░░░░░ 13.5 of 30.0 GB, in use",
        "██░░░░░░░░░░░░ 3.6 of 30.0 GB, in use",
        "✓ At the portal's webhook, signature verified: addon_used_80_percent (subscription-",
        "✓ In the traveler's mailbox: 80% used: Wakanda 30Days / 30GB",
        "✓ Wakanda 30Days / 30GB: 7000003",
        "Assignment",
        "The shop:             http://127.0.0.1:",
        "Its REST API:         http://127.0.0.1:",
        "For operators:        http://127.0.0.1:",
        "/namespaces/default/workflows/subscription-",
        "In another terminal:  . ./",
        "-m portal keys new my-portal",
        "The worker's metrics: curl http://127.0.0.1:",
        "/traffic",
        "Everything is stopped again",
    ]
    positions = [output.find(part) for part in parts]
    assert -1 not in positions
    assert positions == sorted(positions)


async def test_ports_in_use_are_replaced_and_that_is_said_in_a_line_each(demos: Demos) -> None:
    for what, port in USUAL_PORTS.items():
        [line] = [line for line in demos.once.end.output.splitlines() if f"Port {port} is in use" in line]
        assert re.search(f"{what} listens on \\d+ instead$", line)


async def test_a_second_demo_in_a_directory_keeps_its_state_apart_and_says_where(demos: Demos) -> None:
    [first_line, *_] = demos.once.end.output.splitlines()
    [apart] = re.findall("^Another demo is using .*: this one keeps its state in (.*)$", first_line)
    assert (Path(apart) / "temporal.db").exists()
    assert sorted(file.name for file in Path(apart).parent.iterdir()) == ["2", "lock"]


async def test_a_demo_stays_up_until_ctrl_c_and_can_be_used_meanwhile(demos: Demos) -> None:
    stayed = demos.stopped[signal.SIGINT]
    assert len(demos.used_from_outside.document["addons"]) == 3
    assert len({entry.group for entry in stayed.seen}) == len(stayed.seen) == 6
    assert (stayed.end.code, stayed.end.errors) == (0, "")


async def test_a_demo_is_encrypted_with_a_key_that_it_keeps_for_its_owner_and_shows_to_nobody(demos: Demos) -> None:
    secrets = json.loads((demos.kept_in / "secrets.json").read_bytes())
    assert demos.kept_in.stat().st_mode & 0o777 == 0o700
    for file in demos.kept_in.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file
    assert "ESIM_ENCRYPTION_KEYS is not set here" in demos.used_without_key.output
    written = [file.read_bytes() for file in demos.kept_in.iterdir() if file.name not in {"secrets.json", "env"}]
    for hidden in (*secrets.values(), "LPA:1$smdp", "traveler@example.com"):
        assert not any(hidden.encode() in content for content in written)
    ended = demos.stopped[signal.SIGINT].end
    assert not any(secret in ended.output + ended.errors for secret in secrets.values())
    arguments = " ".join(entry.command for entry in demos.stopped[signal.SIGINT].seen)
    assert "--ui-codec-endpoint=" in arguments
    assert not any(secret in arguments for secret in secrets.values())


async def test_scripts_get_one_document_of_what_was_sold(demos: Demos) -> None:
    document = Demonstrated.model_validate(demos.stopped[signal.SIGINT].end.document)
    assert document.addons[0].unique_id == document.esim.addon.unique_id
    assert {addon.plan_id for addon in document.addons} == {"PLAN-WAKANDA-30D-30GB"}
    assert len({addon.unique_id for addon in document.addons}) == 3
    assert len({addon.usage.remaining_bytes for addon in document.addons if addon.usage}) == 3
    assert document.mails == ["Your eSIM: Wakanda 30Days / 30GB", "80% used: Wakanda 30Days / 30GB"]
    assert document.events == ["esim_provisioned", "addon_used_80_percent", "addon_provisioned", "addon_provisioned"]


async def test_a_demo_has_a_shop_with_what_is_in_the_catalog_and_says_where(demos: Demos) -> None:
    document = Demonstrated.model_validate(demos.stopped[signal.SIGINT].end.document)
    assert document.operators == f"{document.shop}/operators"
    assert demos.visited.status_code == 200
    for product in read_catalog(str(SHIPPED)).products:
        assert product in demos.visited.text


async def test_endpoint_ids_come_from_the_clock_for_the_database_remembers_those_of_earlier_demos(demos: Demos) -> None:
    document = Demonstrated.model_validate(demos.stopped[signal.SIGINT].end.document)
    assert abs(int(document.esim.endpoint_id) / 100 - time.time()) < 600


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_a_demo_that_is_stopped_before_it_is_over_says_so(demos: Demos, number: signal.Signals) -> None:
    end = demos.stopped[number].end
    assert (end.code, end.sentence) == (128 + number, f"Stopped by {number.name}; nothing is left running")
    assert "Assignment" not in end.output


async def test_a_child_that_dies_ends_the_demo_with_the_last_lines_of_its_log(demos: Demos) -> None:
    assert demos.bad_database.end.code == demos.dead_worker.end.code == 1
    [sentence, *last_lines] = demos.bad_database.end.errors.splitlines()
    assert re.fullmatch(r"Temporal ended with code \d+; .*/temporal\.log ends with:", sentence)
    assert "file is not a database" in last_lines[-1]
    assert re.match(r"Worker ended with code -9; .*/worker\.log ends with:\n", demos.dead_worker.end.errors)


async def test_no_demo_leaves_a_process_behind_however_it_ends(demos: Demos) -> None:
    ends = [demos.once, demos.bad_database, demos.dead_worker, *demos.stopped.values()]
    assert [demo.left for demo in ends] == [[]] * 6
