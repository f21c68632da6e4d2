"""Taking over eSIMs that were sold before this product came: what is asked for, and what came of it."""

from typing import Annotated, Final, Literal

from pydantic import Field, StrictBool, model_validator

from contract.ids import (
    EmailAddress,
    EndpointId,
    Iccid,
    LanguageTag,
    Product,
    PurchaseId,
    TimeZoneName,
    TravelerId,
    UniqueId,
)
from contract.message import Message, StartInput

MOST_ADDONS: Final = 100
"""Of one eSIM, that are taken over with their purchases."""

MOST_ICCIDS: Final = 20
"""That are looked up by one run."""

AdoptionOutcome = Literal["adopted", "known", "possible"]


class AddonToAdopt(Message):
    """An add-on that was bought elsewhere: SFT's id of the instance, and what it was bought as."""

    unique_id: UniqueId
    purchase_id: PurchaseId
    product: Product


class Adoption(StartInput):
    """The input of AdoptEsimWorkflow: an eSIM that a traveler has already. Its ICCID and its plans come from SFT."""

    endpoint_id: EndpointId
    traveler_id: TravelerId
    email: EmailAddress | None = Field(default=None, repr=False)
    locale: LanguageTag | None = None
    """The language of mails to the traveler; English if absent, or none of those that there are."""
    timezone: TimeZoneName | None = None
    """That of the times in these mails; UTC if absent, or unknown."""
    addons: list[AddonToAdopt] = Field(default_factory=list, max_length=MOST_ADDONS)
    iccid: Iccid | None = None
    """If it is given, SFT has to have the SIM with this one on the endpoint."""
    name_unmatched: StrictBool = False
    """Whether add-ons on the endpoint that are not among ``addons`` get a purchase_id, made of their uniqueId."""
    dry_run: StrictBool = False
    """Whether only to look: nothing is taken over then."""

    @model_validator(mode="after")
    def _each_once(self) -> "Adoption":
        for what in ("unique_id", "purchase_id"):
            ids = [getattr(addon, what) for addon in self.addons]
            if len(set(ids)) < len(ids):
                raise ValueError(f"two of its add-ons have the same {what}")
        return self


class AdoptedAddon(Message):
    """An add-on that was taken over, with the purchase that it stands under from now on."""

    purchase_id: str
    product: str
    plan_id: str
    unique_id: str


class Adopted(Message):
    """The result of AdoptEsimWorkflow: ``adopted`` now, ``known`` because its traveler had it here before, or, of a dry
    run, ``possible``. Of one that is known nothing is looked at again: its subscription tells."""

    outcome: AdoptionOutcome
    subscription_id: str
    traveler_id: str
    endpoint_id: str
    iccid: str | None = None
    status: Literal["active", "suspended"] | None = None
    addons: list[AdoptedAddon] = Field(default_factory=list)
    unmatched: list[str] = Field(default_factory=list)
    """uniqueIds of instances on the endpoint that no purchase here accounts for."""
    left_out: list[str] = Field(default_factory=list)
    """uniqueIds that were named and are not on the endpoint any more."""


class IccidQuestion(StartInput):
    """The input of FindEndpointsWorkflow: ICCIDs of which the endpoints are not known."""

    iccids: Annotated[list[Iccid], Field(min_length=1, max_length=MOST_ICCIDS)]


class FoundEndpoints(Message):
    """Its result: endpoint ids by ICCID, but for those of which SFT knows none."""

    endpoints: dict[str, str]
