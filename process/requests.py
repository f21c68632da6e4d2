"""How requests to a server of ours were answered: counted by status, and timed up to the head of the answer."""

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUESTS: Final = "esim_http_requests_total"
SECONDS: Final = "esim_http_request_seconds"

LIVE: Final = "/live"
"""Asked every few seconds by machines: it would hide how people are answered, so it is not counted."""

STATUSES: Final = ("2xx", "3xx", "4xx", "5xx")
BUCKETS: Final = (0.01, 0.05, 0.25, 1.0, 2.5, 5.0, 10.0, 30.0)

_answered: Counter[str] = Counter(dict.fromkeys(STATUSES, 0))
_within: list[int] = [0] * (len(BUCKETS) + 1)
_waited = 0.0


class Counted:
    """Counts what the application answers. A fault that it raises is an answer of 5xx; who goes away first is not
    counted."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["path"] == LIVE:
            await self._app(scope, receive, send)
            return
        began, is_answered = time.monotonic(), False

        async def sent(message: Message) -> None:
            nonlocal is_answered
            if message["type"] == "http.response.start":
                is_answered = True
                _note(message["status"], time.monotonic() - began)
            await send(message)

        try:
            await self._app(scope, receive, sent)
        except Exception:
            if not is_answered:
                _note(500, time.monotonic() - began)
            raise


def _note(status: int, seconds: float) -> None:
    global _waited
    _answered[f"{status // 100}xx"] += 1
    _within[bisect_left(BUCKETS, seconds)] += 1
    _waited += seconds


def request_lines() -> Sequence[str]:
    """The counters, as Prometheus reads them. All are there from the start: it sees no increase in one that is not."""
    sums = [sum(_within[: place + 1]) for place in range(len(_within))]
    return (
        f"# HELP {REQUESTS} Requests that were answered",
        f"# TYPE {REQUESTS} counter",
        *(f'{REQUESTS}{{status="{status}"}} {count}' for status, count in _answered.items()),
        f"# HELP {SECONDS} From a request to the head of its answer",
        f"# TYPE {SECONDS} histogram",
        *(f'{SECONDS}_bucket{{le="{bound}"}} {count}' for bound, count in zip((*BUCKETS, "+Inf"), sums, strict=True)),
        f"{SECONDS}_sum {_waited}",
        f"{SECONDS}_count {sums[-1]}",
    )
