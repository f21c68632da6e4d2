from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError

from temporal.data_converter import data_converter_with
from tests.support.encryption_keys import ring
from tests.support.seller import eventually
from tests.support.terminal import Terminal


async def test_every_key_that_something_in_a_run_is_encrypted_under_is_counted(
    client: Client, terminal: Terminal
) -> None:
    day = Duration(seconds=86_400)
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace="rotated", workflow_execution_retention_period=day)
    )
    config = client.config() | {"namespace": "rotated"}
    for number, keys in enumerate((ring(1), ring(2, 1), ring(2, 1), None, None)):
        portal = Client(**(config | {"data_converter": data_converter_with(keys)}))

        async def start(portal: Client = portal, number: int = number) -> bool:
            try:
                run = await portal.start_workflow("ProvisionEsimWorkflow", "x", id=f"run-{number}", task_queue="nobody")
            except RPCError:  # a namespace that was only just registered
                return False
            if number == 1:
                await run.terminate()
            if number == 4:  # begun before there were keys
                other = Client(**(config | {"data_converter": data_converter_with(ring(3))}))
                await other.get_workflow_handle(run.id).signal("addon_purchased", "x")
            return True

        await eventually(start)

    async def visible() -> bool:
        counts = [await Client(**config).count_workflows(f"ExecutionStatus = '{s}'") for s in ("Running", "Terminated")]
        return [count.count for count in counts] == [4, 1]

    await eventually(visible)
    found = await terminal.run("keys", "--json", TEMPORAL_NAMESPACE="rotated")
    assert found.document == {
        "keys": [
            {"key": ring(2).newest.label, "running": 1, "ended": 1},
            {"key": ring(1).newest.label, "running": 1, "ended": 0},
            {"key": ring(3).newest.label, "running": 1, "ended": 0},
            {"key": "none (plaintext)", "running": 1, "ended": 0},
        ]
    }
