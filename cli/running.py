"""What every command of starter.py does: reads what it was given, and runs."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from cli.problem import Problem
from seller.errors import malformed

Request = TypeVar("Request", bound=BaseModel)


def valid(kind: type[Request], **fields: str | int | None) -> Request:
    """A message of these fields; raises a SellerError, ``InvalidRequest``, for what the contract does not allow."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise malformed(error) from None


def run(command: Coroutine[None, None, None]) -> None:
    """Runs a command to its end; raises a Problem, ``Interrupted``, for Ctrl-C."""
    try:
        asyncio.run(command)
    except KeyboardInterrupt:
        raise Problem("Interrupted", "Interrupted") from None
