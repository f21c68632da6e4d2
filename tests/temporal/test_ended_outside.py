"""Runs that were ended from outside are told from those that something has followed."""

import asyncio
from typing import Any

from temporalio.client import (
    Client,
    DescribeWorkflowInput,
    Interceptor,
    OutboundInterceptor,
    WorkflowExecution,
    WorkflowExecutionDescription,
)

from temporal.ended_outside import AT_ONCE, not_brought_back
from tests.support.plain_runs import new_purchase, started
from tests.support.seller import eventually


class Counting(Interceptor):
    """Counts the descriptions that are asked for, and how many are at the same time."""

    def __init__(self) -> None:
        self.now = self.most = self.in_all = 0

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        counting = self

        class Counted(OutboundInterceptor):
            async def describe_workflow(self, input: DescribeWorkflowInput) -> WorkflowExecutionDescription:
                counting.now += 1
                counting.in_all += 1
                counting.most = max(counting.most, counting.now)
                description = await super().describe_workflow(input)
                counting.now -= 1
                return description

        return Counted(next)


async def test_twenty_at_a_time_are_asked_whether_something_has_followed(client: Client) -> None:
    purchases = [new_purchase() for _ in range(AT_ONCE + 4)]
    ended = await asyncio.gather(*(started(client, purchase) for purchase in purchases))
    for run in ended:
        await run.terminate("by mistake")
    alive = [await started(client, purchases[7]), await started(client, new_purchase())]
    ids = ", ".join(f"'{run.id}'" for run in (*ended, *alive))

    async def all_listed() -> list[WorkflowExecution] | None:
        found = [run async for run in client.list_workflows(f"WorkflowId IN ({ids})")]
        terminated = [run for run in found if run.status and run.status.name == "TERMINATED"]
        return found if (len(found), len(terminated)) == (AT_ONCE + 6, AT_ONCE + 4) else None

    listed, counting = await eventually(all_listed), Counting()
    config: Any = client.config() | {"interceptors": [counting]}
    left = await not_brought_back(Client(**config), listed)
    assert left == [run for run in listed if run.run_id != ended[7].result_run_id]
    assert len(left) == AT_ONCE + 5
    assert (counting.most, counting.in_all) == (AT_ONCE, AT_ONCE + 4)
    for run in alive:
        await run.terminate()
