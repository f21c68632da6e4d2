"""Bodies of REST calls about purchases: what is bought, and what has become of it."""

from datetime import datetime
from typing import Final, Literal

from pydantic import Field, StrictInt

from contract.esim import ProvisionedEsim
from contract.ids import EmailAddress, LanguageTag, OrderedBy, PlanId, Product, PurchaseId, TimeZoneName, TravelerId
from contract.message import Message
from contract.progress import Step
from contract.purchase import AddonPurchase, EsimPurchase, PlanAmendment
from contract.variants import Variant, Variants
from portal.keys import Limits
from portal.shop import Shop
from process import audit
from seller.sales import Begun, Failure, Sale


class _PaidAddon(Message):
    purchase_id: PurchaseId
    product: Product
    plan_id: PlanId | None = None
    """SFT's planId of the product; that of the catalog if absent."""


class NewAddon(_PaidAddon):
    """An add-on for an eSIM that was sold before."""

    def purchase(self, shop: Shop) -> AddonPurchase:
        """The purchase as the contract has it; raises a SellerError if the catalog does not know the product."""
        plan_id = self.plan_id or shop.plan_of(self.product)
        return AddonPurchase(
            purchase_id=self.purchase_id, product=self.product, plan_id=plan_id, ordered_by=audit.ordered_by()
        )


class NewPurchase(_PaidAddon):
    """A traveler's first purchase: an eSIM with one add-on."""

    traveler_id: TravelerId
    email: EmailAddress | None = Field(default=None, repr=False)
    locale: LanguageTag | None = None
    timezone: TimeZoneName | None = None
    stock_wait_seconds: StrictInt | None = Field(default=None, ge=0, le=30 * 86_400)
    """How long an empty inventory is waited for; a day if absent."""

    def purchase(self, shop: Shop) -> EsimPurchase:
        """The purchase as the contract has it; raises a SellerError if the catalog does not know the product."""
        plan_id = self.plan_id or shop.plan_of(self.product)
        return EsimPurchase.model_validate(self.model_dump() | {"plan_id": plan_id, "ordered_by": audit.ordered_by()})


class Amendment(Message):
    """What to provision instead of the add-on that SFT refused."""

    product: Product
    plan_id: PlanId | None = None
    """SFT's planId of the product; that of the catalog if absent."""
    ordered_by: OrderedBy | None = None

    def order(self, shop: Shop) -> PlanAmendment:
        """The amendment as the contract has it; raises a SellerError if the catalog does not know the product."""
        plan_id = self.plan_id or shop.plan_of(self.product)
        return PlanAmendment(product=self.product, plan_id=plan_id, ordered_by=self.ordered_by)


class Purchase(Message):
    """A first purchase. ``esim`` is there once it is completed, ``error`` if it failed."""

    purchase_id: str
    traveler_id: str
    product: str
    plan_id: str
    status: Literal["running", "completed", "failed"]
    step: Step | None
    """None while no worker answers: it goes on once one does."""
    detail: str | None
    """One sentence for people; None where ``step`` is."""
    started_at: datetime
    esim: ProvisionedEsim | None
    error: Failure | None

    @classmethod
    def of(cls, sale: Sale | Begun, esim: ProvisionedEsim | None, key: Limits) -> "Purchase":
        """From how far it has come, as far as that is known, and what was sold if it was: as much as the key sees."""
        if esim and key.without_codes:
            esim = esim.model_copy(update={"activation_code": ""})
        elif esim:
            about = {"purchase_id": sale.purchase_id, "endpoint_id": esim.endpoint_id}
            audit.note("activation_code", "done", **about, shown="answer")
        status: Literal["running", "completed", "failed"] = "completed" if esim else "running"
        unknown = {"step": None, "detail": None, "error": None}
        fields = unknown | sale.model_dump(exclude={"run_id", "endpoint_id"})
        if fields["error"]:
            status = "failed"
        return cls.model_validate(fields | {"status": status, "esim": esim})


PURCHASES: Final = Variants(
    "status",
    {
        "RunningPurchase": Variant(("running",)),
        "CompletedPurchase": Variant(("completed",), ("step", "detail", "esim")),
        "FailedPurchase": Variant(("failed",), ("step", "detail", "error")),
    },
)
"""What the status of a purchase says of the rest of it."""
