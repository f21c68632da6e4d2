"""Bringing back a subscription that somebody ended from outside: what is asked for that, and what was found then."""

from pydantic import Field

from contract.message import Message, StartInput


class EndedRun(StartInput):
    """The input of ReadLastStateWorkflow: which run is to be gone on from."""

    workflow_id: str
    run_id: str


class Restoration(Message):
    """The answer of query ``restoration``: which run it goes on from, and sentences about what was found then."""

    from_run: str
    found: list[str] = Field(default_factory=list)
    is_checked: bool = False
    """Whether everything was looked at: until then, there may be more to find."""
