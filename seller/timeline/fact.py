"""One thing that happened, in words; and all that happened to what somebody asked about."""

import re
from datetime import datetime
from typing import Final, Literal

from pydantic import Field

from contract.message import Message

What = Literal[
    "bought",
    "found",
    "claimed",
    "waits",
    "activated",
    "provisioned",
    "adopted",
    "sent_again",
    "refused",
    "unanswered",
    "looked",
    "ordered",
    "suspended",
    "resumed",
    "removed",
    "read",
    "vanished",
    "appeared",
    "told",
    "not_told",
    "sold",
    "given_back",
    "failed",
    "cancelled",
    "terminated",
    "restored",
    "reset",
    "closed",
    "unreadable",
]
"""What kind of thing happened. ``adopted`` is what SFT turned out to have done of what it had not answered;
``vanished`` and ``appeared`` are of a reading: an add-on that was there is not any more, and one that nobody bought is.
"""

SECRET: Final = re.compile(r"LPA:\S+", re.IGNORECASE)


class Fact(Message):
    """One thing that happened. ``at`` is in UTC; ``run`` the workflow id that it is known from. ``about`` is the
    purchase that it concerns, where it concerns one."""

    at: datetime
    what: What
    said: str
    """One sentence for people, without an activation code, whatever somebody has written."""
    run: str
    about: str | None = None
    is_open: bool = False
    """Whether it is still so: something is under way, and fails. ``at`` is since when, then."""

    @classmethod
    def of(cls, at: datetime, what: What, said: str, run: str, about: str | None = None) -> "Fact":
        """A fact whose sentence holds no activation code."""
        return cls(at=at, what=what, said=SECRET.sub("[secret]", said), run=run, about=about)


class KnownRun(Message):
    """A run that the facts are from. ``started`` is in UTC."""

    workflow_id: str
    run_id: str
    status: str
    started: datetime


class Timeline(Message):
    """Everything that the server still knows of what was asked for, oldest first, and at last what is still so.
    ``gaps`` are sentences about what there was and cannot be told."""

    asked: str
    runs: list[KnownRun]
    facts: list[Fact]
    gaps: list[str] = Field(default_factory=list)
