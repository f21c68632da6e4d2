"""A client that counts what is asked of Temporal with it."""

from collections import Counter
from typing import Any

from temporalio.client import (
    Client,
    DescribeWorkflowInput,
    FetchWorkflowHistoryEventsInput,
    Interceptor,
    ListWorkflowsInput,
    OutboundInterceptor,
    QueryWorkflowInput,
)


class Counted(Interceptor):
    """``asked`` has how often a worker was asked (``query``), and the server for a run (``describe``), for events of
    one (``history``) and for a list (``list``)."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _Counting(next, self.asked)


class _Counting(OutboundInterceptor):
    def __init__(self, next: OutboundInterceptor, asked: Counter[str]) -> None:
        super().__init__(next)
        self._asked = asked

    async def query_workflow(self, input: QueryWorkflowInput) -> Any:
        self._asked["query"] += 1
        return await super().query_workflow(input)

    async def describe_workflow(self, input: DescribeWorkflowInput) -> Any:
        self._asked["describe"] += 1
        return await super().describe_workflow(input)

    def fetch_workflow_history_events(self, input: FetchWorkflowHistoryEventsInput) -> Any:
        self._asked["history"] += 1
        return super().fetch_workflow_history_events(input)

    def list_workflows(self, input: ListWorkflowsInput) -> Any:
        self._asked["list"] += 1
        return super().list_workflows(input)


def counting(client: Client) -> tuple[Client, Counter[str]]:
    """The same client, and the counter of what is asked with it."""
    counted, config = Counted(), client.config()
    config["interceptors"] = [*config["interceptors"], counted]
    return Client(**config), counted.asked
