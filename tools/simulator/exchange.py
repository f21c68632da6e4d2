"""One call from its arrival to its answer, with the fault that hits it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass

from pydantic_core import to_json
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from tools.simulator.answer import Answer, envelope, refusal, without
from tools.simulator.call import Call
from tools.simulator.connection import NoAnswer
from tools.simulator.fault import Fault
from tools.simulator.journal import Entry
from tools.simulator.platform import Platform

TIMEOUT_TEXT = "API operation has Time out"

ESSENTIAL_FIELDS: dict[Call, frozenset[str]] = {
    "login": frozenset({"AccessToken"}),
    "RefreshToken": frozenset({"AccessToken"}),
    "fetchSIM": frozenset({"endPointId", "endpointId", "activationCode"}),
    "EndPointLifeCycleChange": frozenset({"previousStatus", "currentStatus"}),
    "EndPointActivation": frozenset({"resultParam"}),
    "SubscribeAddon": frozenset({"uniqueId"}),
    "endpoint": frozenset({"resultCode"}),
    "GetEndPointProfile": frozenset({"info"}),
    "QueryRatePlan": frozenset({"planId"}),
}


@dataclass(frozen=True)
class Job:
    """What a call asks for. ``work`` does it in one atomic step, whenever it is called."""

    work: Callable[[Entry], Answer]
    endpoint_id: str | None = None
    plan_id: str | None = None


async def carry_out(platform: Platform, entry: Entry, job: Job) -> Response:
    """Do the job and answer, unless a fault has it otherwise."""
    fault = platform.fault_for(entry.call, entry.endpoint_id)
    if fault is None:
        return as_json(_done(entry, job))
    platform.journal.hit(entry, fault.kind)
    if fault.kind == "late":
        return await _late(platform, entry, job, fault)
    refused = _instead_of_work(fault)
    if refused is not None:
        return refused
    if fault.kind == "already_active":
        _activate_as_stranger(platform, entry)
    answer = _done(entry, job)
    if fault.kind == "delay":
        await asyncio.sleep(fault.delay_seconds)
    return _instead_of_answer(fault, entry.call, answer)


def as_json(answer: Answer) -> Response:
    """The answer as it is."""
    # A third of the time that Starlette's own takes, which is noticed where an endpoint has a thousand add-ons.
    return Response(to_json(answer.body), answer.status, media_type="application/json")


def _done(entry: Entry, job: Job) -> Answer:
    answer = job.work(entry)
    entry.done = answer.done
    return answer


async def _late(platform: Platform, entry: Entry, job: Job, fault: Fault) -> Response:
    if fault.after_calls:
        platform.postponed.add(entry.endpoint_id, fault.after_calls + 1, lambda: _done(entry, job))
        return NoAnswer()

    async def work() -> None:
        await asyncio.sleep(fault.delay_seconds)
        _done(entry, job)

    await asyncio.shield(platform.work_late(work()))
    return NoAnswer()


def _activate_as_stranger(platform: Platform, entry: Entry) -> None:
    endpoint = platform.store.endpoints.get(entry.endpoint_id or "")
    if endpoint is not None and endpoint.status == "Pre-Active":
        platform.set_status(endpoint.endpoint_id, "Active")


def _instead_of_work(fault: Fault) -> Response | None:
    match fault.kind:
        case "error_before":
            return _error(fault.status)
        case "timeout_text" if not fault.done:
            return _timeout(fault.status)
        case "rate_limited":
            return _rate_limited(fault.retry_after)
        case "expired_http":
            return as_json(token_refused(in_envelope=False))
        case "expired_envelope":
            return as_json(token_refused(in_envelope=True))
        case "rejected":
            return as_json(refusal(fault.code, fault.description, status=fault.refusal_status))
        case "reset":
            return NoAnswer(reset=True)
        case _:
            return None


def _instead_of_answer(fault: Fault, call: Call, answer: Answer) -> Response:
    match fault.kind:
        case "answer_lost":
            return NoAnswer()
        case "reset_after":
            return NoAnswer(reset=True)
        case "error_after":
            return _error(fault.status)
        case "timeout_text":
            return _timeout(fault.status)
        case "broken_json":
            whole = json.dumps(answer.body).encode()
            return Response(whole[: len(whole) // 2], answer.status, media_type="application/json")
        case "html":
            return HTMLResponse("<html><body><h1>Welcome to SIM for Things</h1></body></html>")
        case "empty_body":
            return Response(b"", media_type="application/json")
        case "missing_field":
            fields = ESSENTIAL_FIELDS[call] if fault.field is None else frozenset({fault.field})
            return as_json(Answer(without(answer.body, fields), answer.status))
        case "coded":
            return as_json(_coded(fault, answer))
        case _:
            return as_json(answer)


def _coded(fault: Fault, answer: Answer) -> Answer:
    """The answer with other result codes."""
    head = {"resultCode": fault.code, "resultDescription": fault.description} if fault.code else {}
    response = answer.body.get("Response")
    fields = response if isinstance(response, dict) else {}
    response = {**fields, "resultCode": fault.outer, "resultParam": head}
    return Answer({**answer.body, "Response": response}, answer.status)


def token_refused(*, in_envelope: bool) -> Answer:
    """An expired token: HTTP 401, or HTTP 200 with 401 inside. Clients of the live platform see both."""
    return refusal("401", "Token expired", status=200 if in_envelope else 401)


def _error(status: int) -> Response:
    return PlainTextResponse("upstream failure", status)


def _timeout(status: int) -> Response:
    return JSONResponse(envelope(str(status), TIMEOUT_TEXT, outer="1"), status)


def _rate_limited(retry_after: float | str | None) -> Response:
    if retry_after is None:
        headers = None
    else:
        headers = {"Retry-After": retry_after if isinstance(retry_after, str) else f"{retry_after:g}"}
    return PlainTextResponse("Too Many Requests", 429, headers=headers)
