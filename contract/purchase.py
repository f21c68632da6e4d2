"""What a portal sends: a first purchase, an add-on purchase, and the amendment of a refused one."""

from pydantic import Field, StrictInt

from contract.ids import EmailAddress, PlanId, Product, PurchaseId, TravelerId
from contract.message import HandlerInput, Message, StartInput

DEFAULT_STOCK_WAIT_SECONDS = 86_400


class PaidAddon(Message):
    """What every purchase says: its id, and which add-on was paid for."""

    purchase_id: PurchaseId
    product: Product
    plan_id: PlanId


class AddonPurchase(PaidAddon, HandlerInput):
    """Signal ``addon_purchased`` and update ``purchase_addon``: one paid add-on for an eSIM that was sold before."""


class EsimPurchase(PaidAddon, StartInput):
    """The input of ProvisionEsimWorkflow: a traveler's first purchase, an eSIM with one add-on."""

    traveler_id: TravelerId
    email: EmailAddress | None = Field(default=None, repr=False)
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


class ClaimedFor(Message):
    """What every run of a subscription is started with, as far as others read it: the purchase that claimed it."""

    purchase: EsimPurchase


class PurchaseReference(HandlerInput):
    """The input of query ``addon``."""

    purchase_id: PurchaseId


class PlanAmendment(HandlerInput):
    """Update ``amend_plan``: what to provision instead of the add-on that SFT refused."""

    product: Product
    plan_id: PlanId
