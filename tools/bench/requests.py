"""Which requests a worker has sent to the Temporal server, as the SDK counts them."""

import re
from collections import Counter

import httpx

HEARTBEAT = "RecordActivityTaskHeartbeat"

COUNTED = re.compile(r'^temporal_request_total\{.*operation="(\w+)".*\} (\d+)', re.MULTILINE)


async def requests_of(metrics_address: str) -> Counter[str]:
    """How many there were so far, by operation; long polls are not among them."""
    async with httpx.AsyncClient(trust_env=False) as http:
        return counted((await http.get(f"http://{metrics_address}/metrics")).text)


def counted(metrics: str) -> Counter[str]:
    """The requests by operation, from the text that Prometheus would read; long polls are not among them."""
    counts: Counter[str] = Counter()
    for operation, count in COUNTED.findall(metrics):
        counts[operation] += int(count)
    return counts
