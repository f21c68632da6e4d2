"""The profile of an eSIM on a device: what SFT says became of it."""

from datetime import UTC, datetime
from typing import Final, Literal

from pydantic import AwareDatetime, Field

from contract.message import HandlerInput, Message

ProfileStatus = Literal["error", "downloaded", "installed", "enabled", "disabled", "deleted"]

ORDER: Final[tuple[ProfileStatus, ...]] = ("error", "downloaded", "installed", "enabled", "disabled", "deleted")
"""In which they are taken to have happened where they have the same time."""

MOST_CHANGES: Final = 50
"""Of one report."""


class EsimProfile(Message):
    """What became of an eSIM's profile, and when: in UTC, by SFT's clock."""

    status: ProfileStatus
    at: AwareDatetime

    @property
    def order(self) -> tuple[datetime, int]:
        """What is greater for what happened later."""
        return self.at.astimezone(UTC), ORDER.index(self.status)


class ProfileReport(HandlerInput):
    """Signal ``profile_changed``: what became of the profile, in any order."""

    changes: list[EsimProfile] = Field(min_length=1, max_length=MOST_CHANGES)
