"""What OpenAPI says about the API, beside what FastAPI finds out by itself."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from contract.failure import INVALID_REQUEST, SFT_AUTHENTICATION_FAILED, SFT_UNAVAILABLE
from portal.api.descriptions import explain
from portal.api.generated_clients import for_programs
from portal.api.problems import MEANINGS, PROBLEM_JSON, ProblemDetails
from portal.made_once import made_once
from portal.prefix import root

ACCEPTED: Final = "Taken, and not done yet: it goes on, also if nobody asks any more"

LOOK_AGAIN: Final = {
    "Location": {"description": "Where to look what has become of it", "schema": {"type": "string"}},
    "Retry-After": {"description": "After how many seconds", "schema": {"type": "integer"}},
}

NEXT: Final = {
    "Link": {"description": "The address of those that follow, if there may be any", "schema": {"type": "string"}}
}

EVERYWHERE: Final = ("Unauthorized", "Forbidden", "MethodNotAllowed", "TooManyRequests", "Unexpected", "Unavailable")
BODY: Final = ("TooSlow", "TooLarge", "UnsupportedMediaType", INVALID_REQUEST)
"""Of whatever has a body."""

SFT: Final = (SFT_UNAVAILABLE, SFT_AUTHENTICATION_FAILED)

OPERATIONS: Final = {
    "products": "list_products",
    "stock": "get_stock",
    "check": "check_esim",
    "purchase": "get_purchase",
    "esims_of_traveler": "list_esims",
    "esim": "get_esim",
    "qr_svg_code": "get_qr_code_svg",
    "qr_png_code": "get_qr_code_png",
    "addon": "get_addon",
    "addons": "list_addons",
    "resend": "resend_esim",
    "suspend": "suspend_esim",
    "resume": "resume_esim",
    "close": "close_esim",
    "refund": "refund_esim",
    "sales": "list_sales",
}
"""Of calls that are named otherwise in the log, where the method stands beside them."""

Responses = dict[int | str, dict[str, Any]]


def documented(*failures: str) -> Responses:
    """These problems, by the status that they are told with, and those that any call may be answered with."""
    told = [failure for failure in MEANINGS if failure in {*EVERYWHERE, *failures}]
    statuses = {MEANINGS[failure].status for failure in told}
    return {status: _problem(status, [one for one in told if MEANINGS[one].status == status]) for status in statuses}


def _problem(status: int, failures: list[str]) -> dict[str, Any]:
    examples = {
        failure: {
            "value": {
                "type": f"/docs#{failure}",
                "title": MEANINGS[failure].title,
                "status": status,
                "detail": f"{MEANINGS[failure].title}: what exactly, in a sentence",
                "failure": failure,
            }
        }
        for failure in failures
    }
    schema = {"$ref": "#/components/schemas/ProblemDetails"}
    described: dict[str, Any] = {
        "description": "; or: ".join(MEANINGS[failure].title for failure in failures),
        "content": {PROBLEM_JSON: {"schema": schema, "examples": examples}},
    }
    if status in (429, 503):
        described["headers"] = {"Retry-After": LOOK_AGAIN["Retry-After"]}
    if status == 405:
        described["headers"] = {"Allow": {"description": "The methods that it takes", "schema": {"type": "string"}}}
    if status == 401:
        described["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return described


def operation_of(call: str) -> str:
    """The id of a call in the description: what programs that are made from it call their functions."""
    return OPERATIONS.get(call, call)


def describe(app: FastAPI) -> None:
    """Has an application describe itself, for programs, with the schema of its problems."""

    app.state.described = made_once(lambda: _made(app))
    app.openapi = made_once(lambda: for_programs(described(app)))  # type: ignore[method-assign]


def described(app: FastAPI) -> dict[str, Any]:
    """The description as people read it: each type is one. It is made once, which takes a while."""
    made: dict[str, Any] = app.state.described()
    return made


def _made(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        servers=[{"url": f"{root()}/api"}],
    )
    schemas = made["components"]["schemas"]
    schemas["ProblemDetails"] = ProblemDetails.model_json_schema()
    schemas["ProblemDetails"]["properties"]["failure"]["enum"] = list(MEANINGS)
    explain(schemas)
    return made
