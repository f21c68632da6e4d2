from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client, Schedule, ScheduleActionStartWorkflow, ScheduleSpec
from temporalio.service import RPCError

from seller.key_uses import key_uses
from seller.server import Server
from temporal.data_converter import data_converter_with
from tests.support.encryption_keys import key, ring
from tests.support.seller import eventually
from tests.support.terminal import Terminal

LABELS = {number: ring(number).newest.label for number in range(1, 6)}

MESSAGES = 25
"""In the history of one run, of a kilobyte each."""

SMALL = 4_000
"""Bytes of where a run begins, and more."""

Portal = Callable[..., Client]


async def portals_in(client: Client, namespace: str) -> Portal:
    """Clients of a new namespace, each with other keys."""
    day = Duration(seconds=86_400)
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=namespace, workflow_execution_retention_period=day)
    )

    def portal(*numbers: int) -> Client:
        converter = data_converter_with(ring(*numbers) if numbers else None)
        return Client(**(client.config() | {"namespace": namespace, "data_converter": converter}))

    return portal


async def eventually_taken(call: Callable[[], Awaitable[object]]) -> None:
    """Once the namespace, which was only just registered, takes it."""

    async def taken() -> bool:
        try:
            await call()
        except RPCError:
            return False
        return True

    await eventually(taken)


async def begun(portal: Client, name: str) -> None:
    async def start() -> None:
        await portal.start_workflow("ProvisionEsimWorkflow", "x", id=name, task_queue="nobody")

    await eventually_taken(start)


async def visible(portal: Client, **counts: int) -> None:
    async def are() -> bool:
        return [(await portal.count_workflows(f"ExecutionStatus = '{status}'")).count for status in counts] == [
            *counts.values()
        ]

    await eventually(are)


async def test_every_key_that_something_in_a_run_is_encrypted_under_is_told(client: Client, terminal: Terminal) -> None:
    portal = await portals_in(client, "rotated")
    for number, has in enumerate(((1,), (2, 1), (2, 1), (), ())):
        await begun(portal(*has), f"run-{number}")
    await portal().get_workflow_handle("run-1").terminate()
    await portal(3).get_workflow_handle("run-4").signal("addon_purchased", "x")  # begun before there were keys
    await visible(portal(), Running=4, Terminated=1)

    def use(label: str, running: int, ended: int = 0, **told: Any) -> dict[str, Any]:
        return {"key": label, "running": running, "ended": ended, "needed": True, "found_in": None} | told

    async def keys(*options: str, ours: tuple[int, ...] = ()) -> list[dict[str, Any]]:
        variables = {"ESIM_ENCRYPTION_KEYS": ",".join(map(key, ours))} if ours else {}
        found = await terminal.run("keys", "--json", *options, TEMPORAL_NAMESPACE="rotated", **variables)
        told: list[dict[str, Any]] = found.document["keys"]
        return told

    began = [use(LABELS[2], 1, 1), use(LABELS[1], 1), use("none (plaintext)", 2)]
    assert sorted(await keys(), key=str) == sorted(began, key=str)
    told = {each["key"]: each for each in await keys(ours=(5, 4, 3, 2, 1))}
    assert told[LABELS[5]] == use(LABELS[5], 0)  # what is sent from here is under it
    assert told[LABELS[3]] == use(LABELS[3], 0, found_in="run-4")
    assert told[LABELS[4]] == use(LABELS[4], 0, needed=False)
    thorough = await keys("--thorough", ours=(1, 4))
    assert thorough[0] == use(LABELS[2], 1, 1)
    assert thorough[-1] == use(LABELS[4], 0, needed=False)
    assert use(LABELS[3], 1) in thorough
    shown = await terminal.run("keys", TEMPORAL_NAMESPACE="rotated", ESIM_ENCRYPTION_KEYS=f"{key(1)},{key(3)},{key(4)}")
    assert "yes: something in run-4" in shown.output
    assert "see --thorough" in " ".join(shown.output.split())


async def test_histories_are_read_whole_only_for_a_key_under_which_no_run_began(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = await portals_in(client, "frugal")
    for number in range(3):
        await begun(portal(1), f"run-{number}")
        for _ in range(MESSAGES):
            await portal(1).get_workflow_handle(f"run-{number}").signal("addon_purchased", "x" * 1000)
    await visible(portal(), Running=3)
    read: Counter[str] = Counter()
    service = client.workflow_service
    ask = type(service).get_workflow_execution_history

    async def counted(self: Any, request: Any, **options: Any) -> Any:
        page = await ask(self, request, **options)
        read.update(calls=1, bytes=page.ByteSize())
        return page

    monkeypatch.setattr(type(service), "get_workflow_execution_history", counted)

    async def uses(*numbers: int) -> dict[str, tuple[bool, str | None]]:
        read.clear()
        found = await key_uses(Server(portal(*numbers), "queue"))
        return {use.key: (use.needed, use.found_in) for use in found.keys}

    assert await uses(2, 1) == {LABELS[2]: (True, None), LABELS[1]: (True, None)}
    assert read["calls"] == 3
    assert read["bytes"] < 3 * SMALL

    assert (await uses(2, 3, 1))[LABELS[3]] == (False, None)
    assert read["bytes"] > 3 * MESSAGES * 1000  # nobody says so who has not read it all

    await portal(3, 1).get_workflow_handle("run-1").signal("addon_purchased", "x")
    assert (await uses(2, 3, 1))[LABELS[3]] == (True, "run-1")


async def test_what_a_schedule_will_begin_keeps_its_key_needed(client: Client) -> None:
    portal = await portals_in(client, "planned")
    action = ScheduleActionStartWorkflow("AuditWorkflow", "x", id="audit", task_queue="nobody")

    async def plan() -> None:
        await portal(1).create_schedule("audit-nightly", Schedule(action=action, spec=ScheduleSpec()))

    await eventually_taken(plan)

    async def planned() -> str | None:
        found = {use.key: use for use in (await key_uses(Server(portal(2, 1), "queue"))).keys}
        return found[LABELS[1]].found_in  # once it is visible

    assert await eventually(planned) == "audit-nightly"
