"""The inputs and results of the activities: one object each way, so that a field can be added later."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal

from pydantic import Field

from contract.amounts import DataUnits
from contract.audit import Finding
from contract.esim import AvailableEsim, EsimDigests, ProvisionedEsim
from contract.event import Event
from contract.message import Message
from contract.order import SuspensionReason
from contract.purchase import EsimPurchase
from contract.stock import Stock
from contract.subscription import WaitingMessage
from sft.plan_id import same_plan
from temporal.holder import Holder

UNKNOWN_PLAN: Final = ""
"""The plan of an instance whose planId cannot be read."""

VISIBILITY_AWAY: Final = "VisibilityAway"
"""The type of the failure of a look that Temporal's visibility, and not SFT, does not answer."""

ACCOUNT_REFUSED: Final = "SftRefusesAccount"
"""The type of the failure of a call that SFT refused, so that it was certainly not done, for what is the operator's to
mend, whoever's purchase it is. Only the workflows see it."""

MAIL_NOT_SENT: Final = "MailNotSent"
"""The type of the failure of a mail that may go out later; or never, if the failure may not be retried."""

MAIL_WAITS_FOR_OPERATOR: Final = "MailWaitsForOperator"
"""The same of one that cannot go out until a setting of the workers, or of the mail server, is mended."""

BACKGROUND: Final = 5
"""Temporal's priority key of what nobody waits for: 1 goes first, 3 is what everything else has."""

LONGEST_RETRY_AFTER_SECONDS: Final = 3600.0
"""How much of what SFT asks for in Retry-After is waited: a mistake in it must not stop a sale for a day."""

Channel = str
"""Whom a worker can notify of events: ``portal`` by webhook, travelers by ``email``. Any text is read, and what is none
of these is ignored: another build may know more channels."""

Untaken = Callable[[Channel, str], None]
"""Is told by which channel somebody could not be told something, at each attempt; and what becomes of it: ``later``,
``operator`` or ``refused``."""


def unnoticed(_channel: Channel, _outcome: str) -> None:
    """Takes no notice of it."""


class EsimSearch(Message):
    """Looks for an eSIM to claim, but for the endpoints that this run has already failed to get."""

    avoid: list[str] = Field(default_factory=list)
    purchase: EsimPurchase | None = None
    """The purchase to look for first, among those that were sold before."""


class FoundEsim(Message):
    """The eSIM to claim; None while the inventory is empty."""

    esim: AvailableEsim | None = None
    earlier: ProvisionedEsim | None = None
    """What was sold under the same purchase id before: then nothing is left to be sold."""
    is_run_listed: bool = False
    """Whether visibility lists the run that asks, so that a repeat of this purchase will be recognised."""
    channels: list[Channel] = Field(default_factory=list)
    """Whom the worker that looked can notify of events."""


class CountedStock(Stock):
    """The stock, and whom the worker that counted it can notify of events."""

    channels: list[Channel] = Field(default_factory=list)
    task_queue: str = ""
    """The workers': a replay of the run that asked has another one."""


class HandedOut(Message):
    """How many purchases that waited for stock were told something: what they got, or that SFT refuses us."""

    count: int


class Endpoint(Message):
    """The endpoint to act on."""

    endpoint_id: str
    plan_id: str | None = None
    """A plan whose instances have to be told apart: a look at the endpoint that cannot do that fails."""


class EsimToRead(Endpoint):
    """The eSIM whose usage is read."""

    iccid: str
    msisdn: str | None = Field(default=None, repr=False)


class Suspension(Message):
    """Suspends an endpoint, with the reason that SFT records."""

    endpoint_id: str
    reason: SuspensionReason = "system"


class LifecycleChange(Message):
    """Suspends an endpoint, or activates it again, with the reason that SFT records."""

    endpoint_id: str
    to: Literal["Active", "Suspended"]
    reason: SuspensionReason
    if_addons_are_sold: bool = False
    """Whether to leave it as it is while SFT refuses activations or add-ons for the account's sake: it is not sold yet.
    """


class InstanceReading(Message):
    """What SFT says about one add-on instance: bytes, and moments in UTC. None is what it does not say."""

    plan_id: str
    unique_id: str
    granted_bytes: int | None
    remaining_bytes: int | None
    starts_at: datetime | None
    expires_at: datetime | None


class UsageReading(Message):
    """All instances on an endpoint, with what is left of them."""

    instances: list[InstanceReading]
    hidden_plans: list[str] = Field(default_factory=list)
    """Plans of instances that are there, but whose uniqueId cannot be read: which they are, nobody knows."""
    channels: list[Channel] = Field(default_factory=list)
    """Whom the worker that read can notify of events."""
    units: DataUnits = "decimal"
    """What a gigabyte is to the seller."""
    suspend_empty_after_days: int | None = None
    """For how long an eSIM on which nothing is left stays active; None is for ever."""
    digests: EsimDigests = Field(default_factory=EsimDigests)
    """What the eSIM is found by, made with the newest key of the worker that read."""
    is_announced: bool = False
    """Whether the worker that read says that SFT's callbacks announce first uses, renewals and ends."""
    is_limited: bool = False
    """Whether there is a ceiling over the calls to SFT, which the task queue of ESIM_TASK_QUEUE alone keeps."""
    other_iccid: str | None = None
    """The SIM that SFT has on the endpoint, where that is another one than was sold."""


class Notice(Message):
    """An event of an add-on, the traveler's address that it goes to by e-mail, and how they are spoken to there."""

    event: Event
    email: str = Field(repr=False)
    locale: str | None = None
    timezone: str | None = None


class EndpointLook(Message):
    """What is on an endpoint right now. ``status`` is SFT's word for its state, None where it does not say."""

    status: str | None
    instances: dict[str, list[str]]
    """The uniqueIds of the instances, by plan: an endpoint may have a thousand, and they are in the history of each
    purchase."""
    hidden_plans: list[str] = Field(default_factory=list)
    """Plans of instances that are there, but whose uniqueId cannot be read: they are not among ``instances``."""
    settle_seconds: float
    """SFT_SETTLE_SECONDS of the worker that looked: how long SFT may take to finish what it did not answer."""
    channels: list[Channel] = Field(default_factory=list)
    """Whom the worker that looked can notify of events."""

    @property
    def unique_ids(self) -> set[str]:
        """Those of all instances."""
        return {unique_id for unique_ids in self.instances.values() for unique_id in unique_ids}

    def of_plan(self, plan_id: str) -> list[str]:
        """Those of this plan's instances, however SFT writes its id."""
        ours = (unique_ids for plan, unique_ids in self.instances.items() if same_plan(plan, plan_id))
        return [unique_id for unique_ids in ours for unique_id in unique_ids]


class Activation(Message):
    """What SFT says the endpoint was before our request; None where it does not say."""

    previous_status: str | None
    current_status: str | None = None
    """What SFT says that it is now, likewise."""
    look: EndpointLook | None = None
    """What is on the endpoint now, if the worker has looked: then nobody has to ask for it again."""
    was_refused: bool = False
    """Whether SFT refused the request, and the endpoint is active all the same."""


class AddonOrder(Message):
    """Puts one more instance of a plan on an endpoint."""

    endpoint_id: str
    plan_id: str
    asks_whether_listed: bool = False
    """Whether ``is_run_listed`` has to be known, too."""


class ProvisionedAddon(Message):
    """The instance that was put on the endpoint."""

    plan_id: str
    unique_id: str
    is_run_listed: bool = False
    """Whether visibility lists the run already, so that a repeat of this purchase will be recognised."""


class AddonSearch(Message):
    """Looks for an instance of a plan that was not there before: ``known`` are the uniqueIds that were.

    ``told`` are uniqueIds that SFT named when it was asked for it: if one of these is new, it is that instance,
    whatever plan SFT says that it is of.
    """

    endpoint_id: str
    plan_id: str
    known: list[str]
    told: list[str] = Field(default_factory=list)


class SettledAddon(Message):
    """The uniqueId of the instance that turned up; None if none did until the settle window was over."""

    unique_id: str | None = None


class Surplus(Message):
    """Removes instances that nobody bought."""

    endpoint_id: str
    unique_ids: list[str]
    plan_id: str | None = None
    """The plan that they are of."""


class Takeover(Message):
    """An eSIM that was sold elsewhere, and the purchases that are told of it."""

    endpoint_id: str
    purchase_ids: list[str] = Field(default_factory=list)


class TakeoverLook(Message):
    """Who holds the endpoint here; and of the purchases, those that are known here, each with the run that knows it."""

    holder: Holder | None = None
    known: dict[str, str] = Field(default_factory=dict)


class SoldEsim(Message):
    """What SFT says of an eSIM that somebody has; ``status`` in its own words. None is what it does not say."""

    status: str | None
    iccid: str | None
    msisdn: str | None = Field(default=None, repr=False)
    reading: UsageReading
    names: dict[str, str] = Field(default_factory=dict)
    """SFT's names for the plans, by the uniqueId of each instance."""


class SoldEsimLook(Message):
    """That, or why SFT refuses to say it: it knows no such endpoint, say."""

    esim: SoldEsim | None = None
    refusal: str = ""


class SimSearch(Message):
    """Looks for the SIM with this ICCID."""

    iccid: str
    wants_code: bool = False


class FoundSim(Message):
    """The endpoint that the SIM is attached to, and, where asked for, its activation code; None where SFT says none."""

    endpoint_id: str | None = None
    activation_code: str | None = Field(default=None, repr=False)


class Owner(Message):
    """The run that claimed an endpoint and has not handed it over yet."""

    workflow_id: str
    run_id: str


class OwnerState(Message):
    """Whether that run is still there, and what it returned if it completed."""

    running: bool
    sold: ProvisionedEsim | None = None


class Delivery(Message):
    """The eSIM to mail to the traveler, and where to."""

    purchase_id: str
    product: str
    iccid: str
    activation_code: str = Field(repr=False)
    email: str = Field(repr=False)
    locale: str | None = None
    number: int = 1
    """Which mail of this eSIM it is: the same number makes the same Message-ID, which tells a repeat from a new one."""


class SealedMessage(WaitingMessage):
    """The same with the payload as it came, in base64: encrypted; or as a worker that has the key decrypted it, which
    found that its run does not know the key."""

    payload: str = Field(repr=False)


class SetAsideMessages(Message):
    """The signals of one run that wait for a key, in the order in which they came."""

    messages: list[SealedMessage] = Field(default_factory=list)
    count: int = 0
    """How many were ever set aside."""
    lost: int = 0
    """How many there was no room for."""


class OpenedMessage(Message):
    """The payload that was encrypted, in base64; or why it can never be read, without a subject."""

    payload: str | None = Field(default=None, repr=False)
    refusal: str = ""


class SimsPage(Message):
    """Which page of SFT's list of attached SIMs to look at, from 1."""

    page: int


class SeenSims(Message):
    """What is on a page of SFT's list: endpoint ids, and how many SIMs there are in each of SFT's states."""

    endpoint_ids: list[str]
    listed: dict[str, int]
    unreadable: int = 0
    found: list[Finding] = Field(default_factory=list)
    doubted: list[Finding] = Field(default_factory=list)
    """What would be a finding if it is still so: it may have changed while it was read."""


class SubscriptionsPage(Message):
    """Which page of the subscriptions to look at that live, or were ended from outside: an empty token is the first."""

    token: str = ""


class SeenSubscriptions(Message):
    """What is on a page of the subscriptions: how many, and the endpoints of those that are active."""

    count: int
    active: list[str]
    token: str = ""
    """Of the next page; empty if there is none."""
    found: list[Finding] = Field(default_factory=list)
    doubted: list[Finding] = Field(default_factory=list)


class CheckedFinding(Message):
    """What a finding is now that it was looked at once more; None if nothing is wrong."""

    finding: Finding | None = None
