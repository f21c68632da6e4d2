"""An endpoint with the eSIM attached to it, the add-on instances on it, and everything that changed them."""

from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import BaseModel, Field

from tools.simulator.plan import Plan
from tools.simulator.refusal import UNKNOWN_INSTANCE, Refused

Status = Literal["Pre-Active", "Active", "Suspended"]
ChangeKind = Literal["status", "addon_added", "addon_removed", "addon_ended", "addon_renewed"]
Ending = Literal["used_up", "expired"]


class Cause(NamedTuple):
    """Who changes the state: a call of the wire with its number in the log, a stranger, or how something ended."""

    by: str
    number: int | None = None


STRANGER = Cause("stranger")

ELSEWHERE = Cause("elsewhere")
"""Whoever sold an eSIM before the account was given to the product."""


class Change(BaseModel):
    """One line of an endpoint's history. ``value`` is the new status, or the uniqueId of the instance."""

    change: ChangeKind
    value: str
    by: str
    """The call that did it, ``stranger``, ``elsewhere`` for a sale before all calls, or how an instance or a period of
    it ended: ``used_up`` or ``expired``."""
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
    ended_by: Ending | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether it lives on although its validity is over."""
        return self.ended_by is None and self.expires_at is not None and self.expires_at <= now


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
    reason: str | None = None
    """Of the last EndPointLifeCycleChange: 1 system, 2 non-payment, 3 customer service."""
    attached: bool = True
    addons: list[AddonInstance] = Field(default_factory=list)
    removed_addons: list[AddonInstance] = Field(default_factory=list)
    """Removed by a call."""
    ended_addons: list[AddonInstance] = Field(default_factory=list)
    """One-time instances that disappeared by themselves, as they were at their end."""
    history: list[Change] = Field(default_factory=list)

    @property
    def activation_code(self) -> str:
        """``LPA:1$<SM-DP+ address>$<matching id>``, different for every eSIM."""
        return f"LPA:1${self.smdp_address}${self.matching_id}"

    @property
    def is_in_stock(self) -> bool:
        """Whether it can be sold: it has a SIM, and was never active."""
        return self.attached and self.status == "Pre-Active"

    def instance(self, unique_id: str) -> AddonInstance:
        """The instance of that id. Raises Refused if it is not on the endpoint."""
        for instance in self.addons:
            if instance.unique_id == unique_id:
                return instance
        raise Refused(UNKNOWN_INSTANCE, "Add-on instance not found on the endpoint")

    def remember(self, change: ChangeKind, value: str, cause: Cause, at: datetime) -> None:
        """Write down what has changed."""
        self.history.append(Change(change=change, value=value, by=cause.by, call_number=cause.number, at=at))
