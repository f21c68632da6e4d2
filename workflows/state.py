"""What a subscription knows, and carries from one run to the next when it continues as new."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field
from temporalio.common import TypedSearchAttributes
from temporalio.exceptions import ApplicationError

from activities.messages import Channel, Owner, SetAsideMessages
from contract.addon import Addon
from contract.esim import AvailableEsim, EsimDigests
from contract.event import Event
from contract.failure import INVALID_REQUEST, FailureType
from contract.ids import BulkKey, OrderedBy
from contract.message import InternalMessage, Message, StartInput
from contract.order import LifecycleOrder, Refund, RefundOrder, RemovalOrder, SuspensionReason
from contract.purchase import EsimPurchase, fit_together
from contract.restoration import Restoration
from contract.search_attributes import search_attributes_of
from contract.subscription import Subscription, SubscriptionStatus
from contract.workflow_ids import subscription_id
from workflows.archive import Archive
from workflows.handover import Doubt, GiveBack
from workflows.policies import OWNER_LOOK, WATCH


class Watch(Message):
    """Something that SFT did not answer and may still do: looked for at ever doubled intervals, for WATCH in all."""

    since: datetime
    due: datetime
    """When it is looked for next."""

    def looked(self, now: datetime, settle: timedelta) -> None:
        """Puts the next look as far off as the request is past, at least as far as SFT may take, at most to the end."""
        pause = max(settle, now - self.since)
        self.due = min(now + pause, max(self.ends, now))

    @property
    def ends(self) -> datetime:
        """When nothing more is expected: the last look is not before then."""
        return self.since + WATCH


class AddonWatch(Watch):
    """For instances that SubscribeAddons may still make: one watch a plan."""

    doubt: Doubt


class LifecycleWatch(Watch):
    """For ``requests`` to change the endpoint's life cycle that may be carried out late, against newer orders.

    It is looked for only as long as what they ask for is not what is wanted.
    """

    requests: int
    to: list[Literal["Active", "Suspended"]]
    """What they ask for."""


class Track(Message):
    """What a subscription remembers of an add-on beside what it shows."""

    told: list[str] = Field(default_factory=list)
    """What was told about its usage, in this period of a recurring add-on: event types, also such as another build
    knows."""
    close_until: datetime | None = None
    """Until when it is looked at more often because little is left; None while enough was left in this period."""
    missed_since: datetime | None = None
    """The first of the last readings that did not find it on the endpoint."""
    gone: bool = False
    """Whether that is believed: that it is not on the endpoint any more."""


class StatusChange(Message):
    """An order to suspend, resume or close, until it is carried out."""

    to: Literal["suspended", "active", "closed"]
    reason: SuspensionReason
    ordered_by: OrderedBy | None = None
    bulk: BulkKey | None = None
    by_itself: bool = False
    """Whether nobody ordered it: an eSIM with nothing left is suspended by itself, and resumed for a purchase."""
    again: bool = False
    """Whether it is carried out also where it is so already."""
    is_awaited: bool = False
    """Whether a caller waits for it, or did."""
    done: bool = False
    failure: tuple[FailureType, str] | None = None

    @classmethod
    def ordered(cls, to: Literal["suspended", "active", "closed"], order: LifecycleOrder) -> "StatusChange":
        """What somebody ordered."""
        return cls(to=to, **dict(order))


class Removal(Message):
    """An order to take an add-on off, until it is carried out."""

    order: RemovalOrder
    done: bool = False
    failure: tuple[FailureType, str] | None = None


class EsimRefund(Message):
    """An order to give the eSIM back, until it is carried out; ``answer`` is there once it is."""

    order: RefundOrder
    answer: Refund | None = None
    failure: tuple[FailureType, str] | None = None


class SubscriptionState(InternalMessage, StartInput):
    """Everything that a subscription knows: its input, and what it carries across continue-as-new."""

    subscription: Subscription
    purchase: EsimPurchase
    """The first purchase, as it was made: the add-on that was sold is another one where its plan was amended."""
    is_adopted: bool = False
    """Whether it was sold elsewhere, and taken over: its first purchase may be a stand-in then."""
    activation_code: str = Field(repr=False)
    owner: Owner | None = None
    """The run that claimed the endpoint, until it hands it over: until then it alone acts on the endpoint."""
    given_back: GiveBack | None = None
    """Why it was not sold, once that is known: from then on it is cleaned up."""
    queue: list[str] = Field(default_factory=list)
    """purchase_ids of the add-ons to provision, in order of arrival."""
    in_bulk: dict[str, BulkKey] = Field(default_factory=dict)
    """By purchase_id, whose many purchases each of those in the queue is one of; nothing for a single one."""
    under_way: list[Doubt] = Field(default_factory=list)
    """What may have been sent for the first of them by now. Only a run that is ended from outside leaves that behind.
    """
    restored: Restoration | None = None
    """What was found when it was brought back after that."""
    addon_watches: list[AddonWatch] = Field(default_factory=list)
    lifecycle_watch: LifecycleWatch | None = None
    is_cancel_requested: bool = False
    """Whether it was cancelled while it was being sold: Temporal tells a run so only once."""
    found_as: SubscriptionStatus = "active"
    """The status that it can be found by: an ordinary sale is spared the change to ``active``. One that is not handed
    over within hours is made visible as what it is."""
    digests: EsimDigests = Field(default_factory=EsimDigests)
    """What it can be found by in the place of its numbers."""
    channels: list[Channel] = Field(default_factory=list)
    """Where workers could tell what happens when they last looked at SFT."""
    tracks: dict[str, Track] = Field(default_factory=dict)
    """By purchase_id."""
    archive: Archive = Field(default_factory=Archive)
    next_look: datetime | None = None
    """When usage is read next; None if there is nothing to look at."""
    also_there: list[str] = Field(default_factory=list)
    """uniqueIds of what the last reading found on the endpoint beside the add-ons that are looked at."""
    is_announced: bool = False
    """Whether the worker that read last said that SFT's callbacks announce first uses, renewals and ends."""
    is_limited: bool = False
    """Whether it said that there is a ceiling over the calls to SFT: then looks have their turn with all others."""
    suspend_empty_after_days: int | None = None
    """What the worker that read last said about eSIMs on which nothing is left."""
    empty_since: datetime | None = None
    """Since when nothing is left on it that could be used; None while something is, and if nobody minds."""
    is_empty_told: bool = False
    """Whether it was told that it will be suspended for that."""
    is_suspended_as_empty: bool = False
    """Whether it was: then the next purchase has it active again."""
    wanted_look: datetime | None = None
    """When it is read at the latest, because somebody saw something happen: an earlier look may have come too early."""
    is_unmatched_shown: bool = False
    """Whether its memo says that there is something on the endpoint that nobody bought."""
    unmatched_told: list[str] = Field(default_factory=list)
    """uniqueIds of what nobody here bought, as far as it was counted."""
    changes: list[StatusChange] = Field(default_factory=list)
    """Orders to suspend, resume or close that are not carried out yet, in order of arrival."""
    removals: list[Removal] = Field(default_factory=list)
    """Orders to take an add-on off that are not carried out yet, in order of arrival."""
    refunding: EsimRefund | None = None
    """An order to give the eSIM back, until it is decided and carried out."""
    set_aside: SetAsideMessages = Field(default_factory=SetAsideMessages)
    """Signals under keys that nobody here has."""
    mails: int = 0
    """How many mails with the eSIM there have been: the number of the newest."""
    mail_waited: timedelta = timedelta(0)
    """How long the newest has waited for the operator, which does not count towards its day."""
    events: int = 0
    """How many events there have been."""
    to_portal: list[Event] = Field(default_factory=list)
    to_traveler: list[Event] = Field(default_factory=list)

    @property
    def is_sold(self) -> bool:
        """Whether a traveler has it, and it is not closed."""
        return self.owner is None and self.given_back is None and self.subscription.status != "closed"

    @property
    def is_ordered(self) -> bool:
        """Whether somebody ordered what is not carried out yet."""
        return bool(self.changes or self.removals or self.refunding)

    @property
    def search_attributes(self) -> TypedSearchAttributes:
        """What a run that begins with this is found by."""
        return search_attributes_of(self.subscription, self.purchase.purchase_id, self.found_as, self.digests)

    @classmethod
    def required(cls, state: "SubscriptionState | None", workflow_id: str) -> "SubscriptionState":
        """The state; raises ApplicationError, ``InvalidRequest``, unless the run of this id can have been started with
        it: whoever may start runs could have one of another eSIM say of itself what only one's own run may say."""
        if state is None:
            why = "a subscription is started by ProvisionEsimWorkflow; start that instead"
        elif not fit_together(workflow_id, state.subscription, state.purchase):
            why = f"{workflow_id} was started as what it is not; a subscription is started by ProvisionEsimWorkflow"
        else:
            return state
        raise ApplicationError(why, type=INVALID_REQUEST, non_retryable=True)

    @classmethod
    def claimed(cls, esim: AvailableEsim, purchase: EsimPurchase, owner: Owner, now: datetime) -> "SubscriptionState":
        """A subscription whose endpoint is claimed and whose first add-on is being provisioned by ``owner``."""
        first = Addon.model_validate(purchase.model_dump())
        subscription = Subscription(
            subscription_id=subscription_id(esim.endpoint_id),
            traveler_id=purchase.traveler_id,
            endpoint_id=esim.endpoint_id,
            iccid=esim.iccid,
            msisdn=esim.msisdn,
            status="provisioning",
            addons=[first],
        )
        return cls(
            subscription=subscription,
            purchase=purchase,
            activation_code=esim.activation_code,
            owner=owner,
            digests=esim.digests,
            next_look=now + OWNER_LOOK,
        )
