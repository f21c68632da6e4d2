"""A run that an operator paused lives: nobody takes it for one that has ended, and no list is lost for it."""

import uuid

from temporalio.api.workflowservice.v1 import PauseWorkflowExecutionRequest
from temporalio.client import WorkflowExecutionStatus

from activities.messages import Owner
from activities.runs import RunActivities
from tests.support.local_server import configured, local_server
from tests.support.seller import eventually


async def test_a_run_that_is_paused_counts_as_running_and_can_be_listed() -> None:
    async with local_server(*configured("frontend.WorkflowPauseEnabled=true")) as client:
        run = await client.start_workflow("AnyWorkflow", id=f"paused-{uuid.uuid4()}", task_queue="nobody")
        request = PauseWorkflowExecutionRequest(
            namespace=client.namespace, workflow_id=run.id, run_id=run.result_run_id or "", request_id="1"
        )
        await client.workflow_service.pause_workflow_execution(request)

        async def is_listed_as_paused() -> bool:
            return (await client.count_workflows("ExecutionStatus = 'Paused'")).count == 1

        await eventually(is_listed_as_paused)
        owner = Owner(workflow_id=run.id, run_id=run.result_run_id or "")
        assert (await RunActivities(client).look_at_owner(owner)).running
        statuses = [one.status async for one in client.list_workflows(f"WorkflowId = '{run.id}'")]
        assert statuses == [WorkflowExecutionStatus.RUNNING]
