"""What a subscription found when it was brought back after somebody had ended it from outside."""

from pydantic import Field

from contract.message import Message


class Restoration(Message):
    """The answer of query ``restoration``: which run it goes on from, and sentences about what was found then."""

    from_run: str
    found: list[str] = Field(default_factory=list)
    is_checked: bool = False
    """Whether everything was looked at: until then, there may be more to find."""
