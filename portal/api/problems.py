"""Errors as RFC 9457 has them: application/problem+json, with the failure types of the contract."""

import logging
import re
from http import HTTPStatus
from typing import Final, NamedTuple

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from contract.failure import (
    ACTIVATION_REJECTED,
    ADDON_REJECTED,
    CANCELLED,
    INVALID_REQUEST,
    NO_ESIM_AVAILABLE,
    SFT_AUTHENTICATION_FAILED,
    SFT_UNAVAILABLE,
)
from contract.message import told
from portal.attempts import payload_refused
from portal.prefix import root
from seller.errors import NEED_AN_OPERATOR, PERSONAL, RAISED, Conflict, seller_error

PROBLEM_JSON: Final = "application/problem+json"

AGAIN_SECONDS: Final = 5
"""When to ask again what could not be answered now."""


class Meaning(NamedTuple):
    """What a type of problem is told with, and what a portal does about it: both as docs/api.md has them."""

    status: int
    title: str
    remedy: str


MEANINGS: Final = {
    "Unauthorized": Meaning(
        401,
        "No key, or none that is valid",
        "show the key, as `Authorization: Bearer …`; make another one if it was revoked",
    ),
    "Forbidden": Meaning(
        403,
        "The key is limited, and this is beyond it",
        "use another key: `detail` says what this one is limited to",
    ),
    "NotFound": Meaning(
        404,
        "There is no such thing, or not of this traveler",
        "correct the ids. What ended, an eSIM that was closed say, is forgotten after the retention of Temporal",
    ),
    "MethodNotAllowed": Meaning(405, "This address takes another method", "correct the portal"),
    "TooSlow": Meaning(408, "The body came too slowly", "post the same again: nothing of it was read"),
    "Conflict": Meaning(
        409, "This purchase id is known, with other contents", "correct the portal: another purchase needs another id"
    ),
    NO_ESIM_AVAILABLE: Meaning(
        409, "No eSIM is in stock", "nothing is held: post it again once there are eSIMs, or pay back"
    ),
    ACTIVATION_REJECTED: Meaning(
        409, "SFT did not activate the eSIM", "nothing is held: have the operator ask SFT, then post it again"
    ),
    CANCELLED: Meaning(
        409,
        "Cancelled, or the eSIM is closed",
        "a first purchase may be posted again, or paid back; an add-on needs another eSIM",
    ),
    "Terminated": Meaning(
        409,
        "Somebody ended it from outside",
        "do not pay back: tell the operator, who can bring it back (`starter.py restore`); then post the same again",
    ),
    "TooLarge": Meaning(413, "The body is too large", "correct the portal"),
    "UnsupportedMediaType": Meaning(
        415,
        "The body has to be application/json",
        "say `Content-Type: application/json`, as `curl --json` does, and pack it in no `Content-Encoding`",
    ),
    INVALID_REQUEST: Meaning(
        422, "The request cannot be right as it stands", "nothing was touched: correct what `detail` names"
    ),
    ADDON_REJECTED: Meaning(
        422,
        "SFT refused the plan",
        "correct the catalog, or have SFT enable the plan; then post it again, another plan for an add-on under "
        "another id",
    ),
    "TooManyRequests": Meaning(429, "Too many requests", "wait for as many seconds as `retry-after` says, then go on"),
    "Unexpected": Meaning(
        500, "Something unforeseen went wrong", "post the same again; if that does not help, ask the operator"
    ),
    SFT_UNAVAILABLE: Meaning(
        503,
        "SFT does not answer as it should",
        "post the same again after `retry-after` seconds, then less and less often",
    ),
    SFT_AUTHENTICATION_FAILED: Meaning(
        503, "SFT refuses the operator's credentials", "tell the operator; the same again later"
    ),
    "Unavailable": Meaning(503, "Nobody can answer at the moment", "the same; what was taken before goes on meanwhile"),
}
"""Of each type of problem."""

AWAY: Final = {
    "NotCompleted": "The sale is not over yet.",
    "NotCounted": "No worker has looked that up in time.",
    "NoTemporalServer": "The Temporal server does not answer at the moment.",
    "NoWorker": "No worker answers at the moment.",
    "QueryFailed": "No worker can answer for this one at the moment.",
    "TemporalRefused": "The Temporal server refuses at the moment.",
    "TemporalLimit": "Too much is asked at the moment: Temporal takes no more.",
    "UnknownKey": "The portal cannot read this at the moment: it lacks an encryption key.",
}

TYPES: Final = {meaning.status: type for type, meaning in reversed(MEANINGS.items())}
"""The most general type of each status."""

logger = logging.getLogger("portal.api")


class ProblemDetails(BaseModel):
    """An error, as RFC 9457 has it."""

    type: str
    """Where it is explained: a reference relative to the address of the portal."""
    title: str
    status: int
    detail: str
    """One sentence about this occurrence."""
    failure: str
    """What to decide by: a failure type of the contract, or a word of this API's own."""


def answer(failure: str, detail: str) -> JSONResponse:
    """The answer that tells of a problem."""
    status, title, _ = MEANINGS[failure]
    details = ProblemDetails(
        type=f"{root()}/docs#{failure}", title=title, status=status, detail=detail, failure=failure
    )
    headers = {"Cache-Control": "no-store"}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(AGAIN_SECONDS)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(details.model_dump(), status, headers, PROBLEM_JSON)


def refused(request: Request, status: int, detail: str) -> JSONResponse:
    """The answer that tells of a refusal with this status, for what stands between the network and the API."""
    return answer(TYPES.get(status, "Unexpected"), detail)


def handle(app: FastAPI) -> None:
    """Has every error of an application answered like this."""
    for trouble in RAISED:
        app.add_exception_handler(trouble, _of_problem)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_status)
    app.add_exception_handler(Exception, _of_anything)


def _of_problem(request: Request, error: Exception) -> JSONResponse:
    problem = seller_error(error)
    payload_refused(problem)
    if isinstance(problem, Conflict):
        return answer("Conflict", problem.message)
    if problem.type in NEED_AN_OPERATOR:
        logger.error("%s: %s", problem.type, problem.message)
    if problem.type in AWAY:
        return answer("Unavailable", f"{AWAY[problem.type]} What was taken goes on: send the same again.")
    if problem.type in MEANINGS:
        return answer(problem.type, problem.message)
    logger.error("%s: %s", problem.type, problem.message)
    return answer("Unexpected", f"{MEANINGS['Unexpected'].title} ({problem.type}): ask the operator")


def _of_validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fault = error.errors()[0]
    where = [str(part) for part in fault["loc"][1:]]
    if fault["type"] == "json_invalid":
        return _unread(request, "The body is not JSON")
    if not where:
        return answer(INVALID_REQUEST, "The body has to be a JSON object")
    given = fault["input"]
    is_quotable = fault["loc"][0] != "query" and not PERSONAL & set(where)  # a query may be anybody's link
    shown = isinstance(given, str | int | float) and is_quotable
    value = f" {given!r:.100}" if shown else ""
    return answer(INVALID_REQUEST, f"{'.'.join(where)}{value}: {told(fault)}")


def _of_status(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.BAD_REQUEST:  # FastAPI's, of a body that Python cannot read for other reasons
        return _unread(request, "The body cannot be read as JSON")
    if error.status_code not in TYPES:
        return answer(INVALID_REQUEST, str(error.detail))
    told = answer(TYPES[error.status_code], str(error.detail))
    told.headers.update(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        told.headers["Allow"] = _methods_of(request)
    return told


def _unread(request: Request, why: str) -> JSONResponse:
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        return answer("UnsupportedMediaType", "The body has to be as it is: no Content-Encoding is taken")
    return answer(INVALID_REQUEST, why)


def _methods_of(request: Request) -> str:
    """All methods that an address takes: what raised knows of one route, and there may be another for it."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    for template, calls in request.app.openapi()["paths"].items():
        if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), path):
            return ", ".join(sorted({method.upper() for method in calls} | ({"HEAD"} if "get" in calls else set())))
    return "GET, HEAD"  # the description itself


def _of_anything(request: Request, error: Exception) -> JSONResponse:
    return answer("Unexpected", f"{MEANINGS['Unexpected'].title} ({type(error).__name__}): ask the operator")
