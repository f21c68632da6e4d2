import asyncio

from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

from tests.support.terminal import Terminal

SECRET = "LPA:1$smdp.example.com$NOBODY-SHALL-SEE-THIS"


@workflow.defn(name="ProvisionEsimWorkflow", sandboxed=False)
class AnotherVersion:
    """Returns what this version of starter.py cannot read."""

    @workflow.run
    async def run(self) -> dict[str, str]:
        return {"activation_code": SECRET}


async def test_what_nobody_foresaw_is_one_sentence_that_quotes_nothing_and_a_traceback_only_on_demand(
    client: Client,
) -> None:
    terminal = Terminal({"TEMPORAL_ADDRESS": client.service_client.config.target_host})
    async with Worker(client, task_queue="another-version", workflows=[AnotherVersion]):
        await client.execute_workflow(AnotherVersion.run, id="provision-P-unreadable", task_queue="another-version")
        quiet, loud = await asyncio.gather(
            terminal.run("qr", "P-unreadable", "--json"), terminal.run("qr", "P-unreadable", "--debug")
        )
    assert (quiet.code, quiet.errors, loud.code) == (70, "", 70)
    sentence = "Something unforeseen went wrong (ValidationError): --debug shows where"
    assert quiet.document == {"error": {"type": "Unexpected", "message": sentence}}
    assert loud.errors.startswith("Traceback")
    assert loud.errors.endswith(f"{sentence}\n")
