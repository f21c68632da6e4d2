"""An endpoint with the eSIM attached to it, the add-on instances on it, and everything that changed them."""

from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import BaseModel, Field

from simulator.plan import Plan

Status = Literal["Pre-Active", "Active", "Suspended"]


class Cause(NamedTuple):
    """Who changes the state: a call of the wire with its number in the log, or a stranger."""

    by: str
    number: int | None = None


STRANGER = Cause("stranger")


class Change(BaseModel):
    """One line of an endpoint's history. ``value`` is the new status, or the uniqueId of the instance."""

    change: Literal["status", "addon_added", "addon_removed"]
    value: str
    by: str
    """The call that did it, or ``stranger``."""
    call_number: int | None
    at: datetime
    """UTC."""


class AddonInstance(BaseModel):
    """One instance of a plan on one endpoint, with a balance and a life of its own."""

    unique_id: str
    plan: Plan
    remaining_bytes: int
    starts_at: datetime | None = None
    """UTC; None while the instance waits for its first use."""
    expires_at: datetime | None = None


class Endpoint(BaseModel):
    """An endpoint and its eSIM. ``msisdn`` and ``activation_code`` are kept out of the repr."""

    endpoint_id: str
    iccid: str
    eid: str
    imsi: str
    msisdn: str | None = Field(repr=False)
    smdp_address: str
    matching_id: str = Field(repr=False)
    status: Status = "Pre-Active"
    attached: bool = True
    addons: list[AddonInstance] = Field(default_factory=list)
    removed_addons: list[AddonInstance] = Field(default_factory=list)
    history: list[Change] = Field(default_factory=list)

    @property
    def activation_code(self) -> str:
        """``LPA:1$<SM-DP+ address>$<matching id>``, different for every eSIM."""
        return f"LPA:1${self.smdp_address}${self.matching_id}"
