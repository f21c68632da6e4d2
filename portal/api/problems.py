"""Errors as RFC 9457 has them: application/problem+json, with the failure types of the contract."""

import logging
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from cli.problem import PERSONAL, Conflict, problem_of
from domain.failure import (
    ACTIVATION_REJECTED,
    ADDON_REJECTED,
    CANCELLED,
    INVALID_REQUEST,
    NO_ESIM_AVAILABLE,
    SFT_AUTHENTICATION_FAILED,
    SFT_UNAVAILABLE,
)
from portal.shop import OPERATORS, TROUBLE

PROBLEM_JSON: Final = "application/problem+json"

AGAIN_SECONDS: Final = 5
"""When to ask again what could not be answered now."""

MEANINGS: Final = {
    "Unauthorized": (401, "No key, or none that is valid"),
    "NotFound": (404, "There is no such thing, or not of this traveler"),
    "MethodNotAllowed": (405, "This address takes another method"),
    "TooSlow": (408, "The body came too slowly"),
    "Conflict": (409, "This purchase id is known, with other contents"),
    NO_ESIM_AVAILABLE: (409, "No eSIM is in stock"),
    ACTIVATION_REJECTED: (409, "SFT did not activate the eSIM"),
    CANCELLED: (409, "Cancelled, or the eSIM is closed"),
    "TooLarge": (413, "The body is too large"),
    "UnsupportedMediaType": (415, "The body has to be application/json"),
    INVALID_REQUEST: (422, "The request can not be right as it stands"),
    ADDON_REJECTED: (422, "SFT refused the plan"),
    "TooManyRequests": (429, "Too many requests"),
    "Unexpected": (500, "Something unforeseen went wrong"),
    SFT_UNAVAILABLE: (503, "SFT does not answer as it should"),
    SFT_AUTHENTICATION_FAILED: (503, "SFT refuses the operator's credentials"),
    "Unavailable": (503, "Nobody can answer at the moment"),
}
"""The status and the title of each type of problem."""

AWAY: Final = {
    "NoTemporalServer": "The Temporal server does not answer at the moment.",
    "NoWorker": "No worker answers at the moment.",
    "QueryFailed": "No worker can answer for this one at the moment.",
    "TemporalRefused": "The Temporal server refuses at the moment.",
    "UnknownKey": "The portal can not read this at the moment: it lacks an encryption key.",
}

TYPES: Final = {status: type for type, (status, _) in reversed(MEANINGS.items())}
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
    status, title = MEANINGS[failure]
    details = ProblemDetails(type=f"/docs#{failure}", title=title, status=status, detail=detail, failure=failure)
    headers = {"Cache-Control": "no-store"}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(AGAIN_SECONDS)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(details.model_dump(), status, headers, PROBLEM_JSON)


def refused(request: Request, status: int, detail: str) -> JSONResponse:
    """The same for a status, for what comes between the network and the API."""
    return answer(TYPES.get(status, "Unexpected"), detail)


def handle(app: FastAPI) -> None:
    """Has every error of an application answered like this."""
    for trouble in TROUBLE:
        app.add_exception_handler(trouble, _of_problem)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_status)
    app.add_exception_handler(Exception, _of_anything)


def _of_problem(request: Request, error: Exception) -> JSONResponse:
    problem = problem_of(error)
    if isinstance(problem, Conflict):
        return answer("Conflict", problem.message)
    if problem.type in OPERATORS:
        logger.error("%s: %s", problem.type, problem.message)
    if problem.type in AWAY:
        return answer("Unavailable", f"{AWAY[problem.type]} What was taken goes on: send the same again.")
    if problem.type in MEANINGS:
        return answer(problem.type, problem.message)
    logger.error("%s: %s", problem.type, problem.message)
    return answer("Unexpected", f"{MEANINGS['Unexpected'][1]} ({problem.type}): ask the operator")


def _of_validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fault = error.errors()[0]
    where = [str(part) for part in fault["loc"][1:]]
    if fault["type"] == "json_invalid":
        return answer(INVALID_REQUEST, "The body is not JSON")
    given = fault["input"]
    shown = isinstance(given, str | int | float) and not PERSONAL & set(where)
    value = f" {given!r:.100}" if shown else ""
    return answer(INVALID_REQUEST, f"{'.'.join(where) or 'The body'}{value}: {fault['msg']}")


def _of_status(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code not in TYPES:
        return answer(INVALID_REQUEST, str(error.detail))
    told = answer(TYPES[error.status_code], str(error.detail))
    told.headers.update(error.headers or {})
    return told


def _of_anything(request: Request, error: Exception) -> JSONResponse:
    return answer("Unexpected", f"{MEANINGS['Unexpected'][1]} ({type(error).__name__}): ask the operator")
