"""How a run stands, by the Temporal server itself: visibility may lag."""

from typing import Any

from temporalio.client import WorkflowExecutionDescription, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode


async def description_of(run: WorkflowHandle[Any, Any]) -> WorkflowExecutionDescription | None:
    """None if the server knows of no such run. Raises RPCError if it does not answer, or refuses."""
    try:
        return await run.describe()
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
        return None
