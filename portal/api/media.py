"""The media type that a body has to have."""

from fastapi import HTTPException, Request


def takes_json(request: Request) -> None:
    """Refuses a body that does not say that it is JSON."""
    sent = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent != "application/json":
        raise HTTPException(415, "The body has to be JSON, as Content-Type: application/json")
