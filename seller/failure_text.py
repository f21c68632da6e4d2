"""The text of a failure that Temporal keeps: decoded, with everything that it was caused by."""

from temporalio.api.failure.v1 import Failure
from temporalio.client import Client


async def failure_text(client: Client, failure: Failure) -> str:
    """The failure and what it was caused by, in one line; what a cause only repeats is said once."""
    error: BaseException | None = await client.data_converter.decode_failure(failure)
    texts: dict[str, None] = {}
    while error is not None:
        texts[getattr(error, "message", "") or str(error)] = None
        error = error.__cause__
    return ": ".join(texts)
