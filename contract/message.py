"""The base classes of all messages: the data converter and the workflows tell by them what a message is for."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_serializer

RELEASE: Final = "1.0"
"""The release whose messages these are. Its schemas are in tests/workflows/schemas/<release>.json."""


def told(fault: Mapping[str, Any]) -> str:
    """What is wrong, in words for people, by one of a ValidationError's ``errors()``."""
    return str(fault["msg"]).removeprefix("Value error, ")


class Message(BaseModel):
    """A message of ours. An error in reading one never quotes it: there may be an activation code in it."""

    model_config = ConfigDict(
        hide_input_in_errors=True,
        json_schema_serialization_defaults_required=True,  # every field is always written
    )


class StartInput(Message):
    """The one input of a workflow. If it cannot be read, the run fails as ``InvalidRequest`` and does nothing."""

    _encrypted_with: str | None = PrivateAttr(default=None)

    @property
    def encrypted_with(self) -> str | None:
        """The label of the key that it came under; None if it came in plain text. It is not sent on."""
        return self._encrypted_with

    @encrypted_with.setter
    def encrypted_with(self, label: str | None) -> None:
        self._encrypted_with = label


class HandlerInput(Message):
    """The one input of a signal, an update or a query.

    If it cannot be read, an update or a query is answered with ``InvalidRequest``. A signal, for which nobody waits, is
    dropped, and the worker's log says why.
    """


class InternalMessage(Message):
    """What one of our workflows sends another, or its own next run, which another build of the worker may carry out.

    A build that cannot read it fails the workflow task, which waits for a build that can. What lacks the mark was not
    written by a workflow of ours: it is refused like any other input from outside. A field that only another build
    knows is kept, so that it is there again when that build reads what this one carries over.
    """

    model_config = ConfigDict(extra="allow")

    written_by: str = Field(default=RELEASE, strict=True)
    """The release that wrote it: the mark."""

    def __repr_args__(self) -> Iterable[tuple[str | None, object]]:
        # What is secret in a field of another build, only that build knows.
        return [(name, value) for name, value in super().__repr_args__() if name in type(self).model_fields]

    @property
    def is_marked(self) -> bool:
        """Whether the mark was there when it was read."""
        return "written_by" in self.model_fields_set

    @field_serializer("written_by")
    def _mark(self, _written_by: str) -> str:
        return RELEASE  # whoever read it: what is carried on is written anew
