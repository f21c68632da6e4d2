import asyncio
import uuid
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.runtime import MetricBuffer, Runtime, TelemetryConfig
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.heartbeat import Heartbeats

TIMEOUT = timedelta(seconds=1.5)


@activity.defn
async def last_for(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "done"


@workflow.defn
class LastsFor:
    @workflow.run
    async def run(self, seconds: float) -> str:
        return await workflow.execute_activity(
            last_for,
            seconds,
            start_to_close_timeout=timedelta(minutes=1),
            heartbeat_timeout=TIMEOUT,
            retry_policy=RetryPolicy(maximum_attempts=1),
        )


async def beats_of(client: Client, seconds: float) -> float:
    """How many heartbeats an activity sends that lasts so long."""
    metrics = MetricBuffer(10_000)
    far = await Client.connect(
        client.service_client.config.target_host, runtime=Runtime(telemetry=TelemetryConfig(metrics=metrics))
    )
    queue = str(uuid.uuid4())
    async with Worker(
        far,
        task_queue=queue,
        workflows=[LastsFor],
        activities=[last_for],
        interceptors=[Heartbeats()],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        assert await client.execute_workflow(LastsFor.run, seconds, id=queue, task_queue=queue) == "done"
    return sum(
        update.value
        for update in metrics.retrieve_updates()
        if update.metric.name == "temporal_request"
        and update.attributes.get("operation") == "RecordActivityTaskHeartbeat"
    )


async def test_an_activity_that_lasts_longer_than_its_timeout_is_not_taken_for_dead(client: Client) -> None:
    assert await beats_of(client, 2 * TIMEOUT.total_seconds()) >= 1


async def test_an_activity_that_ends_before_a_beat_is_due_sends_none(client: Client) -> None:
    assert await beats_of(client, 0) == 0
