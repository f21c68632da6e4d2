"""What a failure that Temporal keeps says: decoded, with everything that it was caused by."""

from temporalio.api.failure.v1 import Failure
from temporalio.client import Client


async def words_of(client: Client, failure: Failure) -> str:
    """The failure and what it was caused by, in one line; what a cause only repeats is said once."""
    error: BaseException | None = await client.data_converter.decode_failure(failure)
    words: dict[str, None] = {}
    while error is not None:
        words[getattr(error, "message", "") or str(error)] = None
        error = error.__cause__
    return ": ".join(words)
