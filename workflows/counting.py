"""What workflows count for Prometheus. A replay counts nothing: the SDK's meter of workflows sees to that."""

from datetime import timedelta
from typing import Final, Literal, get_args

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from contract.addon import Addon
from contract.failure import CANCELLED, FailureType
from sft.states import is_state
from workflows.outcome import failure_of

SALES: Final = "esim_sales"
ADDONS: Final = "esim_addons"
UNANSWERED: Final = "sft_unanswered"
INSTALLABLE: Final = "esim_installable"
"""Names as the SDK takes them: Prometheus sees them with ``_total`` behind, or the unit."""

UNMATCHED: Final = "esim_unmatched_addons"
QUARANTINED: Final = "esim_quarantined"
"""Likewise, of what is at SFT and nobody's here."""

DESCRIPTIONS: Final = {
    SALES: "First purchases that ended, by how",
    ADDONS: "Later add-ons whose purchase ended, by how",
    UNANSWERED: "Requests that SFT did not answer, by what became of them",
    INSTALLABLE: "From the start of a first purchase to its installable eSIM",
    UNMATCHED: "Add-on instances that were found on an eSIM and that nobody here bought",
    QUARANTINED: "Endpoints that were quarantined, by their state at SFT then",
}

UNFORESEEN: Final = "Unforeseen"
"""The outcome of a purchase that failed in a way that the contract does not know."""

Call = Literal["SubscribeAddon", "EndPointLifeCycleChange"]
"""What may stay unanswered. An activation counts as EndPointLifeCycleChange, whichever call it is sent as."""

Fate = Literal["done", "sent_again", "done_late"]
"""Found done and taken for ours; not found, and so sent again; and of the latter, found later after all and undone."""

AtSft = Literal["Pre-Active", "Active", "Suspended", "unknown"]
"""SFT's words for the state of an endpoint, as far as they are known."""


def count_sale(took: timedelta) -> None:
    """A purchase that became an installable eSIM, so long after its run began."""
    _count(SALES, outcome="completed")
    workflow.metric_meter().create_histogram_timedelta(INSTALLABLE, DESCRIPTIONS[INSTALLABLE], "s").record(took)


def count_failed_sale(failure: BaseException) -> None:
    """A purchase that ended without an eSIM."""
    _count(SALES, outcome=_type_of(failure))


def count_addon(addon: Addon) -> None:
    """An add-on that was bought for a subscription, once it is provisioned or failed."""
    outcome = addon.error.type if addon.error else addon.status
    _count(ADDONS, outcome=outcome)


def count_unanswered(call: Call, became: Fate, times: int = 1) -> None:
    """So many requests that SFT did not answer, and what became of them."""
    _count(UNANSWERED, times, call=call, became=became)


def count_unmatched(instances: int) -> None:
    """So many add-on instances that nobody here bought, each once."""
    _count(UNMATCHED, instances)


def count_quarantined(status: str | None) -> None:
    """An endpoint that nobody will get from here on, and its state at SFT."""
    _count(QUARANTINED, at_sft=next((state for state in get_args(AtSft) if is_state(status, state)), "unknown"))


def _count(name: str, times: int = 1, **labels: str) -> None:
    workflow.metric_meter().create_counter(name, DESCRIPTIONS[name]).add(times, labels)


def _type_of(failure: BaseException) -> str:
    if is_cancelled_exception(failure):
        return CANCELLED
    application = failure_of(failure) if isinstance(failure, ActivityError) else failure
    known = application.type if isinstance(application, ApplicationError) else None
    return known if known and known in get_args(FailureType) else UNFORESEEN
