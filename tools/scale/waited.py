"""How long looks waited for a worker, from the SDK's own histogram: from when an attempt was due to when it began."""

import re
from collections import Counter
from typing import Final

import httpx

from contract.task_queues import looks_task_queue

_BUCKET: Final = re.compile(r"^temporal_activity_schedule_to_start_latency_seconds_bucket\{(.*)\} (\d+)", re.MULTILINE)


async def waited(metrics_address: str, task_queue: str) -> Counter[str]:
    """How many looks by now waited at most so many seconds, by bucket."""
    async with httpx.AsyncClient(trust_env=False) as http:
        return counted((await http.get(f"http://{metrics_address}/metrics")).text, looks_task_queue(task_queue))


def counted(metrics: str, task_queue: str) -> Counter[str]:
    """The same, from the text that Prometheus would read."""
    found = Counter[str]()
    for labels, count in _BUCKET.findall(metrics):
        if f'task_queue="{task_queue}"' in labels:
            found[re.findall(r'le="([^"]+)"', labels)[0]] += int(count)
    return found
