"""What ProvisionEsimWorkflow and the subscription that it claimed signal to each other."""

from typing import Literal

from pydantic import Field

from activities.messages import Channel
from contract.addon import Addon
from contract.message import HandlerInput, InternalMessage, Message
from contract.order import CarriedOutOrder


class Doubt(Message):
    """SubscribeAddons that SFT never answered and that did not turn up: instances that may still appear.

    ``before`` are the uniqueIds that were on the endpoint before the first of them was sent, and ``count`` is how many
    may yet appear. ``settle_seconds`` is how long SFT is given for it before it is looked for the first time.
    """

    plan_id: str
    before: list[str]
    settle_seconds: float
    count: int = 0
    removing: list[str] = Field(default_factory=list)
    """uniqueIds that SFT was asked to remove and did not say that it had: once gone, they were removed."""


class HandOver(InternalMessage, HandlerInput):
    """The eSIM is sold: from here on the subscription alone acts on the endpoint."""

    addon: Addon
    doubts: list[Doubt] = Field(default_factory=list)
    unanswered_activations: int = 0
    """How many requests to activate the endpoint SFT did not answer and may still carry out."""
    channels: list[Channel] = Field(default_factory=list)
    orders: list[CarriedOutOrder] = Field(default_factory=list)
    """What was ordered about the sale: amendments."""


class GiveBack(InternalMessage, HandlerInput):
    """The eSIM was not sold: the subscription cleans up and ends.

    ``release`` lets the next traveler have the endpoint, unless it turns out to have been active; ``quarantine`` lets
    nobody have it.
    """

    verdict: Literal["release", "quarantine"]
    reason: str
    activated: Literal["no", "unanswered", "yes"] = "no"
    """Whether the endpoint may be active because of us, and then has to be suspended."""
    doubts: list[Doubt] = Field(default_factory=list)
    unanswered_activations: int = 0


class CleanedUp(InternalMessage, HandlerInput):
    """What was given back is in order, as far as SFT's answers go: the run that claimed it need not wait any longer."""

    subscription_id: str
