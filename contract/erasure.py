"""Forgetting a person: what of a subscription is personal, and what stays, because it was sold."""

from copy import deepcopy
from typing import Annotated, Any

from pydantic import StringConstraints

from contract.delivery import UNDER_WAY
from contract.message import HandlerInput

ErasedId = Annotated[str, StringConstraints(strict=True, pattern=r"^erased-[0-9a-f]{16}$")]
"""What may stand in the place of a traveler's id. Nothing else may: an eSIM that could be given another traveler's id
would be shown to that one, with its activation code."""


class Erasure(HandlerInput):
    """The input of update ``forget``: an operator's."""

    traveler_id: ErasedId | None
    """What stands in the place of the traveler's id from now on; None keeps it."""


def forgotten(state: dict[str, Any], erasure: Erasure) -> dict[str, Any]:
    """The state of a subscription as a run carries it on, without what is personal: the address, the language and the
    time zone of its mails, the MSISDN, the name that the traveler gave it and what is still to be mailed; the
    traveler's id where another is to be in its place. Everything that was bought stays."""
    state = deepcopy(state)
    state["purchase"] |= {"email": None, "locale": None, "timezone": None}
    state["subscription"] |= {"msisdn": None, "name": None}
    state["to_traveler"] = []
    if delivery := state["subscription"].get("delivery"):
        delivery["to"] = None
        if delivery["status"] in UNDER_WAY:
            delivery |= {"status": "not_sent", "reason": "the traveler is forgotten"}
    if "digests" in state:
        state["digests"]["msisdn"] = None
    if erasure.traveler_id:
        for part in (state["purchase"], state["subscription"], *state.get("to_portal", [])):
            part["traveler_id"] = erasure.traveler_id
    return state
