"""Asks again where a worker was not yet able to answer a query."""

import asyncio
from typing import Any, Final

from temporalio.client import Client, Interceptor, OutboundInterceptor, QueryWorkflowInput, WorkflowQueryFailedError

from contract.failure import NOT_YET

ATTEMPTS: Final = 20
PAUSE_SECONDS: Final = 0.05


class AskingAgain(Interceptor):
    """For a client: a query that a worker refused with NOT_YET is sent again, for as long as its caller waits and up to
    twenty times; the server answers the next one after the workflow task that the run had yet to do."""

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        """Comes before the next interceptor."""
        return _Queries(next)


class _Queries(OutboundInterceptor):
    async def query_workflow(self, input: QueryWorkflowInput) -> Any:
        for attempt in range(1, ATTEMPTS):
            try:
                return await super().query_workflow(input)
            except WorkflowQueryFailedError as error:
                if not error.message.startswith(NOT_YET):
                    raise
            await asyncio.sleep(PAUSE_SECONDS * attempt)
        return await super().query_workflow(input)


def asking_again(client: Client) -> Client:
    """The same client, whose queries are sent again."""
    config = client.config()
    config["interceptors"] = [*config["interceptors"], AskingAgain()]
    return Client(**config)
