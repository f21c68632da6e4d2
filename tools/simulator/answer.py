"""What the platform answers to a call that nothing goes wrong with: an HTTP status and a JSON object."""

from dataclasses import dataclass

Json = dict[str, object]


@dataclass(frozen=True)
class Answer:
    """``done`` says whether the call's work was done, which is what the journal remembers."""

    body: Json
    status: int = 200
    done: bool = True


def envelope(
    code: str, description: str, *, outer: str = "0", param: Json | None = None, info: Json | None = None
) -> Json:
    """SFT's envelope: ``outer`` is "0" for success and "1" for failure, ``code`` what decides."""
    response: Json = {
        "resultCode": outer,
        "resultParam": {"resultCode": code, "resultDescription": description},
        "responseParam": param or {},
    }
    if info is not None:
        response["info"] = info
    return {"Response": response}


def refusal(code: str, description: str, *, status: int = 200) -> Answer:
    """SFT says no."""
    return Answer(envelope(code, description, outer="1"), status=status, done=False)


def without(body: Json, fields: frozenset[str]) -> Json:
    """A JSON object without these fields, wherever they occur in it."""
    return {name: _without(value, fields) for name, value in body.items() if name not in fields}


def _without(value: object, fields: frozenset[str]) -> object:
    if isinstance(value, dict):
        return without(value, fields)
    if isinstance(value, list):
        return [_without(element, fields) for element in value]
    return value
