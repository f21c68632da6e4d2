"""The text of a failure that Temporal keeps: decoded, with everything that it was caused by."""

from temporalio.api.failure.v1 import Failure
from temporalio.client import Client

from temporal.data_converter import converter_for


async def failure_text(client: Client, workflow_id: str, failure: Failure) -> str:
    """The failure of this workflow and what it was caused by, in one line; what a cause only repeats is said once."""
    error: BaseException | None = await converter_for(client, workflow_id).decode_failure(failure)
    texts: dict[str, None] = {}
    while error is not None:
        texts[getattr(error, "message", "") or str(error)] = None
        error = error.__cause__
    return ": ".join(texts)
