"""Which requests a worker has sent to the Temporal server, as the SDK counts them."""

import re
from collections import Counter

import httpx

HEARTBEAT = "RecordActivityTaskHeartbeat"

FAILED = re.compile(r"^temporal_activity_execution_failed_total\{.*\} (\d+)", re.MULTILINE)

COUNTED = re.compile(r'^temporal_request_total\{.*operation="(\w+)".*\} (\d+)', re.MULTILINE)


async def requests_of(metrics_address: str) -> Counter[str]:
    """How many there were so far, by operation; long polls are not among them."""
    return counted(await _metrics(metrics_address))


async def failures_of(metrics_address: str) -> int:
    """How many attempts of activities have failed so far, whether or not the log tells of each."""
    return sum(map(int, FAILED.findall(await _metrics(metrics_address))))


async def _metrics(address: str) -> str:
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(f"http://{address}/metrics")).text


def counted(metrics: str) -> Counter[str]:
    """The requests by operation, from the text that Prometheus would read; long polls are not among them."""
    counts: Counter[str] = Counter()
    for operation, count in COUNTED.findall(metrics):
        counts[operation] += int(count)
    return counts
