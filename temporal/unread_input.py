"""Messages between our own workflows that this build cannot read and the build that wrote them can."""

from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import from_json
from temporalio.api.common.v1 import Payload

from contract.message import told


class WrittenByAnotherBuild(Exception):
    """This build cannot read what another one wrote. The message names the fields, and shows none of their values."""


@dataclass(frozen=True, slots=True)
class UnreadInput:
    """In the place of a handler's input that only another build can read: the SDK would drop a signal without it.
    ``why`` is for the operator: a sentence's end, without a subject."""

    why: str


def release_of(payload: Payload) -> str | None:
    """The release that marked this message as one of our workflows' own; None if it comes from outside."""
    try:
        message = from_json(payload.data)  # refuses what no sentence bears: half a character, a thousand brackets
    except ValueError:
        return None
    release = message.get("written_by") if isinstance(message, dict) else None
    return release if isinstance(release, str) else None


def why_unread(release: str, error: ValidationError) -> str:
    """Which fields are not what this build knows, and what to do about it."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    fields = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'input'}: {told(fault)}" for fault in faults)
    return (
        f"was written by release {release} and this build cannot read it ({fields}): it waits for a worker of a build "
        "that can; let one run, or make its build current"
    )
