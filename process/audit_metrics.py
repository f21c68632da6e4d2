"""What the audit log counts and how requests were answered, shown to Prometheus: for processes that have no metrics of
the SDK's.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from process.address import address_of
from process.audit import BY, OUTCOMES, counted
from process.requests import request_lines
from process.server import serving, site

NAME: Final = "esim_audit_events_total"
FORMAT: Final = "text/plain; version=0.0.4; charset=utf-8"


def exposition() -> str:
    """The counters, as Prometheus reads them. All are there from the start: it sees no increase in one that is not."""
    counts = dict.fromkeys(
        (
            (event, outcome, by)
            for event, outcomes in OUTCOMES.items()
            for outcome in outcomes
            for by in (*BY, "nobody")
        ),
        0,
    ) | dict(counted())
    lines = [
        f'{NAME}{{event="{event}",outcome="{outcome}",by="{by}"}} {count}'
        for (event, outcome, by), count in counts.items()
    ]
    described = (f"# HELP {NAME} Attempts that the audit log has", f"# TYPE {NAME} counter")
    return "\n".join((*described, *lines, *request_lines(), ""))


@asynccontextmanager
async def shown(address: str | None, variable: str, *more: Callable[[], str]) -> AsyncIterator[None]:
    """Answers GET /metrics at this address, if there is one, for as long as the block lasts; with what ``more`` write.

    Raises:
        CannotListen: if the address is in use, or not of this machine; it names the variable.
    """
    if address is None:
        yield
        return

    async def metrics(request: Request) -> PlainTextResponse:
        return PlainTextResponse("".join(part() for part in (exposition, *more)), media_type=FORMAT)

    async with serving(site([Route("/metrics", metrics)]), address_of(address).listener_for(variable)):
        yield
