"""The Nexus service: its operations, and what each takes and answers.

A portal in Python names them as ``TravelEsim.buy``; any other uses the names and the JSON of docs/nexus.md.
"""

from nexusrpc import Operation, service
from pydantic import Field

from contract.addon import Addon
from contract.esim import ProvisionedEsim
from contract.ids import EndpointId, PurchaseId, TravelerId
from contract.message import Message, StartInput
from contract.order import LifecycleOrder, Refund, RefundOrder, RemovalOrder, ResendOrder
from contract.progress import Progress
from contract.purchase import AddonPurchase, EsimPurchase, PlanAmendment
from contract.subscription import ShownSubscription, Subscription
from seller.sales import Sale
from seller.subscriptions import UnreadableEsim


class PurchaseNamed(StartInput):
    """A first purchase, by its id."""

    purchase_id: PurchaseId


class Amendment(PurchaseNamed):
    """What to provision instead of the add-on that SFT refused."""

    amendment: PlanAmendment


class EsimNamed(StartInput):
    """An eSIM that was sold, by its endpoint."""

    endpoint_id: EndpointId


class AddonFor(EsimNamed):
    """One paid add-on for an eSIM that was sold before."""

    purchase: AddonPurchase


class AddonNamed(EsimNamed):
    """An add-on, by the purchase that it was bought with."""

    purchase_id: PurchaseId


class OrderFor(EsimNamed):
    """An order to suspend, to resume or to close an eSIM."""

    order: LifecycleOrder


class RemovalFrom(EsimNamed):
    """An order to take one add-on off an eSIM."""

    order: RemovalOrder


class RefundOf(EsimNamed):
    """An order to give back a whole eSIM that was never used."""

    order: RefundOrder


class MailAgain(EsimNamed):
    """An order to mail an eSIM with its QR code once more."""

    order: ResendOrder = Field(default_factory=ResendOrder)


class TravelerNamed(StartInput):
    """A traveler, by the portal's id; ``offset`` is how many of the newest eSIMs to pass over."""

    traveler_id: TravelerId
    offset: int = Field(default=0, ge=0, le=900)


class EsimsOfTraveler(Message):
    """Some eSIMs of a traveler, the newest first, and whether there may be more after them."""

    esims: list[ShownSubscription | UnreadableEsim]
    has_more: bool


@service
class TravelEsim:
    """What a portal may do, and nothing else: it can neither hand over an eSIM nor terminate a run.

    ``buy`` ends when the eSIM is delivered, however long that takes. The others are answered in seconds. All can be
    sent again.
    """

    buy: Operation[EsimPurchase, ProvisionedEsim]
    purchase: Operation[PurchaseNamed, Sale]
    cancel: Operation[PurchaseNamed, None]
    amend: Operation[Amendment, Progress]
    buy_addon: Operation[AddonFor, Addon]
    addon: Operation[AddonNamed, Addon]
    esim: Operation[EsimNamed, ShownSubscription]
    esims: Operation[TravelerNamed, EsimsOfTraveler]
    refresh_usage: Operation[EsimNamed, Subscription]
    suspend: Operation[OrderFor, Subscription]
    resume: Operation[OrderFor, Subscription]
    close: Operation[OrderFor, Subscription]
    remove_addon: Operation[RemovalFrom, Addon]
    refund: Operation[RefundOf, Refund]
    resend: Operation[MailAgain, Subscription]
