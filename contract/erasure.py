"""Forgetting a person: what of a subscription is personal, and what stays, because it was sold."""

from copy import deepcopy
from typing import Any

from contract.ids import TravelerId
from contract.message import HandlerInput


class Erasure(HandlerInput):
    """The input of update ``forget``: an operator's."""

    traveler_id: TravelerId | None = None
    """What stands in the place of the traveler's id from now on; None keeps it."""


def forgotten(state: dict[str, Any], erasure: Erasure) -> dict[str, Any]:
    """The state of a subscription as a run carries it on, without what is personal: the address, the MSISDN and what is
    still to be mailed; the traveler's id where another is to stand in its place. Everything that was bought stays."""
    state = deepcopy(state)
    state["purchase"]["email"] = state["subscription"]["msisdn"] = None
    state["to_traveler"] = []
    if "digests" in state:
        state["digests"]["msisdn"] = None
    if erasure.traveler_id:
        for part in (state["purchase"], state["subscription"], *state.get("to_portal", [])):
            part["traveler_id"] = erasure.traveler_id
    return state
