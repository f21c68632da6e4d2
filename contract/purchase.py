"""What a portal sends: a first purchase, an add-on purchase, and the amendment of a refused one."""

from pydantic import Field, StrictInt

from contract.esim import ProvisionedEsim
from contract.ids import (
    BulkKey,
    EmailAddress,
    LanguageTag,
    OrderedBy,
    PlanId,
    Product,
    PurchaseId,
    TimeZoneName,
    TravelerId,
)
from contract.message import HandlerInput, Message, StartInput
from contract.subscription import Subscription
from contract.workflow_ids import subscription_id

DEFAULT_STOCK_WAIT_SECONDS = 86_400


class PaidAddon(Message):
    """What every purchase says: its id, and which add-on was paid for."""

    purchase_id: PurchaseId
    product: Product
    plan_id: PlanId
    ordered_by: OrderedBy | None = None
    """Who ordered it, for the record of sales: the name of a key, an operator. Two purchases are not told apart by it.
    """


class AddonPurchase(PaidAddon, HandlerInput):
    """Signal ``addon_purchased`` and update ``purchase_addon``: one paid add-on for an eSIM that was sold before."""

    bulk: BulkKey | None = None
    """Of one of many: whose. SFT is called for it after everything else, in turn with those of others."""


class EsimPurchase(PaidAddon, StartInput):
    """The input of ProvisionEsimWorkflow: a traveler's first purchase, an eSIM with one add-on."""

    traveler_id: TravelerId
    email: EmailAddress | None = Field(default=None, repr=False)
    locale: LanguageTag | None = None
    """The language of mails to the traveler; English if absent, or none of those that there are."""
    timezone: TimeZoneName | None = None
    """That of the times in these mails; UTC if absent, or unknown."""
    stock_wait_seconds: StrictInt | None = Field(default=None, ge=0, le=30 * 86_400)
    """How long an empty inventory is waited for, in seconds; 86,400 if absent."""

    @property
    def stock_wait_or_default(self) -> int:
        """``stock_wait_seconds``, or its default."""
        return DEFAULT_STOCK_WAIT_SECONDS if self.stock_wait_seconds is None else self.stock_wait_seconds

    def conflicts_with(self, other: "EsimPurchase") -> bool:
        """Whether the two are different purchases, whatever their ids say."""
        return (self.traveler_id, self.product, self.plan_id) != (
            other.traveler_id,
            other.product,
            other.plan_id,
        )


class ClaimedEsim(Message):
    """The eSIM that a purchase has claimed, as far as others read it: whose it is, and where."""

    subscription_id: str
    traveler_id: str
    endpoint_id: str


def fit_together(workflow_id: str, esim: ClaimedEsim | Subscription, purchase: EsimPurchase) -> bool:
    """Whether a subscription's run of this id can have been started with both: all the ids in them say the same."""
    return (
        esim.subscription_id == workflow_id == subscription_id(esim.endpoint_id)
        and esim.traveler_id == purchase.traveler_id
    )


class ClaimedFor(StartInput):
    """What every run of a subscription is started with, as far as others read it: the eSIM, and the purchase that
    claimed it. It tells whose an eSIM is without a worker, and before anything of it is shown."""

    subscription: ClaimedEsim
    purchase: EsimPurchase
    activation_code: str = Field(repr=False)

    def fits(self, workflow_id: str) -> bool:
        """Whether the run of this id can have been started with it."""
        return fit_together(workflow_id, self.subscription, self.purchase)

    def is_shown_by(self, shown: Subscription) -> bool:
        """Whether that is the subscription that was started with this."""
        return ClaimedEsim.model_validate(shown.model_dump()) == self.subscription

    def was_sold_as(self, sold: ProvisionedEsim) -> bool:
        """Whether that is this eSIM, sold to this traveler under this purchase."""
        return (
            ClaimedEsim.model_validate(sold.model_dump()) == self.subscription
            and sold.addon.purchase_id == self.purchase.purchase_id
            and sold.activation_code == self.activation_code
        )


class PurchaseReference(HandlerInput):
    """The input of query ``addon``."""

    purchase_id: PurchaseId


class PlanAmendment(HandlerInput):
    """Update ``amend_plan``: what to provision instead of the add-on that SFT refused."""

    product: Product
    plan_id: PlanId
    ordered_by: OrderedBy | None = None
