"""What is known when a run is over: what the portal sent and was told, what the workflows say, what SFT holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from contract.audit import Finding
from contract.esim import ProvisionedEsim
from contract.progress import Progress
from contract.subscription import Subscription
from tools.simulator.ledger import Ledger


@dataclass(frozen=True)
class Sent:
    """One purchase, as the portal knows it."""

    purchase_id: str
    traveler_id: str
    first: bool
    """Whether it is an eSIM with its first add-on, or an add-on for an eSIM that was sold before."""
    accepted: bool
    """Whether the Temporal server took at least one delivery of it for certain."""
    told: frozenset[str] = frozenset()
    """Every uniqueId that the portal was ever given as the answer to it."""


@dataclass(frozen=True)
class Sale:
    """One run of ProvisionEsimWorkflow."""

    purchase_id: str
    run_id: str
    outcome: Literal["running", "completed", "failed", "killed"]
    """``failed`` is a failure or a cancellation, ``killed`` an end that the workflow had no say in."""
    progress: Progress | None = None
    """Of a run that is still running."""
    sold: ProvisionedEsim | None = None
    """The result of a completed run."""
    cut_off: frozenset[str] = frozenset()
    """Endpoints that it may have asked SFT to activate before the request that is in the log: an attempt ended without
    an answer, with its worker or by an operator's hand."""


@dataclass(frozen=True)
class Holding:
    """The latest run of one TravelerSubscriptionWorkflow; those that ended as released hold nothing."""

    running: bool
    subscription: Subscription


@dataclass(frozen=True)
class Recall:
    """What a portal is answered now that asks for the activation code of an eSIM which it was told was sold."""

    purchase_id: str
    subscription_id: str
    code: str
    """The activation code that it was told when the eSIM was sold."""
    answers: Mapping[str, str | None]
    """The code that it is given now, by the way in which it asks; None where it is given none."""


@dataclass(frozen=True)
class TakenOver:
    """An eSIM that was sold elsewhere, and that the product says it has taken over."""

    endpoint_id: str
    traveler_id: str
    addons: Mapping[str, str]
    """uniqueIds of the add-ons that it came with, by the purchases that they stand under from then on."""


@dataclass(frozen=True)
class Evidence:
    """Everything that is known when the run is over."""

    sent: Sequence[Sent]
    sales: Sequence[Sale]
    holdings: Sequence[Holding]
    ledger: Ledger
    recalls: Sequence[Recall] = ()
    audit: Sequence[Finding] = ()
    """What the product's own audit found at the end."""
    taken_over: Sequence[TakenOver] = ()
    cut_off: frozenset[str] = frozenset()
    """What ``Sale.cut_off`` says of purchases that Temporal has forgotten since."""
