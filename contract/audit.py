"""The audit: SFT's list of attached SIMs held against the subscriptions, and what does not fit together."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from contract.message import Message, StartInput
from contract.subscription import ShownStatus

ENDPOINT_ID: Final = r"^[A-Za-z0-9_.:-]{1,64}$"
"""What an endpoint id of SFT's looks like: what does not is no endpoint that an audit can ask for."""

FindingKind = Literal[
    "active_without_owner",
    "owner_without_endpoint",
    "suspended_though_active",
    "active_though_suspended",
    "active_though_closed",
    "active_though_quarantined",
    "unmatched",
    "terminated",
    "never_begun",
]
"""What can be wrong, in the words of docs/operations.md. Of two states, SFT says the first and the subscription the
second; an owner is a subscription that is ``active``."""


class Finding(Message):
    """One thing that does not fit together; seen at SFT and here, one after the other, when it was found."""

    kind: FindingKind
    endpoint_id: str | None = None
    """None only of a purchase that never began."""
    here: ShownStatus | None = None
    """The subscription's status; None where there is none."""
    at_sft: str | None = None
    """The endpoint's state in SFT's words; None where SFT does not know the endpoint, or was not asked."""
    unique_ids: list[str] = Field(default_factory=list)
    """The add-on instances that nobody bought, for ``unmatched``."""
    purchase_id: str | None = None
    """The purchase that was paid for, for ``never_begun``."""


class AuditReport(Message):
    """The result of AuditWorkflow. Times are in UTC."""

    started_at: datetime
    ended_at: datetime
    listed: dict[str, int]
    """How many attached SIMs SFT listed, by their state in SFT's words."""
    subscriptions: int
    """How many subscriptions that live, or were ended from outside, were held against that list."""
    counts: dict[FindingKind, int]
    """How many findings there are of each kind; kinds that were not found are not there."""
    findings: list[Finding]
    """As many of them as one answer has room for."""
    unreadable: int = 0
    """Rows of SFT's list that nobody can read."""
    unchecked: int = 0
    """Findings that were left out because SFT or a worker did not answer when they were looked at once more, or because
    there were too many of their kind to look at each."""


class AuditProgress(Message):
    """The answer of query ``progress`` of AuditWorkflow."""

    listed: int
    """SIMs of SFT's list that were looked at."""
    subscriptions: int
    """Subscriptions that were held against it."""
    found: int


class UnownedEndpoint(StartInput):
    """The input of SuspendUnownedWorkflow: an endpoint that an audit found active and nobody's."""

    endpoint_id: Annotated[str, StringConstraints(strict=True, pattern=ENDPOINT_ID)]


class SuspendedUnowned(Message):
    """The result of SuspendUnownedWorkflow: whether the endpoint was suspended; if not, why it was left as it is."""

    was_suspended: bool
    why_not: str = ""
