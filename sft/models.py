"""What SFT answers, read tolerantly from the wire. Every id is text; ``"-"`` is None."""

from enum import StrEnum
from typing import Annotated

from pydantic import AliasChoices, AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from sft.assumptions import EMPTY_MAY_BE_LEFT_OUT, ENDPOINT_STATUS_FIELD, INFO, NO_PLANS
from sft.fields import Bytes, Id, Moment, Text, listed, plan_list


class LifeCycle(StrEnum):
    """The states that EndPointLifeCycleChange can order (observed client behaviour)."""

    ACTIVE = "A"
    SUSPENDED = "S"
    ACTIVE_INVENTORY = "AI"


class Reason(StrEnum):
    """Why EndPointLifeCycleChange is asked for (observed client behaviour)."""

    SYSTEM = "1"
    NON_PAYMENT = "2"
    CUSTOMER_SERVICE = "3"


class Answered(BaseModel):
    """An answer of SFT, or a part of one. An error in reading it never quotes the value."""

    model_config = ConfigDict(frozen=True, validate_by_name=True, validate_by_alias=True, hide_input_in_errors=True)


class Sim(Answered):
    """One row of fetchSIM. Any field may be missing from a row; an unusable row has none at all."""

    iccid: Text = None
    endpoint_id: Text = Field(default=None, validation_alias=AliasChoices("endPointId", "endpointId", "endpoint_id"))
    msisdn: Text = Field(default=None, repr=False)
    eid: Text = None
    status: Text = Field(default=None, validation_alias="simStatus")
    """``Pre-Active``, ``Active`` or ``Suspended``."""
    attach_status: Text = Field(default=None, validation_alias="simAttachStatus")
    """``ATTACHED`` or ``NOT ATTACHED``."""
    activation_code: Text = Field(default=None, repr=False, validation_alias=AliasPath("activationCode", "textQrCode"))
    """``LPA:1$<SM-DP+ address>$<matching id>``: a bearer secret."""


class SimPage(Answered):
    """The answer of fetchSIM, its rows unread: one that cannot be read must not hide the others."""

    rows: list[JsonValue] = Field(validation_alias=AliasPath("responseParam", "rows"), repr=False)


class LifecycleChange(Answered):
    """What EndPointLifeCycleChange did: the endpoint's state before and after in SFT's words, or None."""

    previous_status: Text = Field(default=None, validation_alias=AliasPath("responseParam", "previousStatus"))
    current_status: Text = Field(default=None, validation_alias=AliasPath("responseParam", "currentStatus"))


class EndpointActivation(Answered):
    """What EndPointActivation found: ``already_active`` says that the endpoint was active before the call."""

    already_active: bool


class AddonInstance(Answered):
    """The one instance of a plan that SubscribeAddon made."""

    plan_id: str
    unique_id: str


class SubscribedPlan(Answered):
    """One plan in the answer of SubscribeAddon."""

    plan_id: Text = Field(default=None, validation_alias="planId")
    unique_id: Text = Field(default=None, validation_alias="uniqueId")


class Subscribed(Answered):
    """The answer of SubscribeAddon: its plan is one object or a list (assumption)."""

    plans: Annotated[list[SubscribedPlan], BeforeValidator(listed)] = Field(
        default_factory=list,
        validation_alias=AliasPath(INFO, "promotionalPlans", "plan"),
    )


class PlanInstance(Answered):
    """One add-on on an endpoint. Both ids have to be there: what is counted by them must not go uncounted."""

    plan_id: Id = Field(validation_alias="planId")
    unique_id: Id = Field(validation_alias="uniqueId")
    name: Text = Field(default=None, validation_alias="planName")
    starts_at: Moment = Field(default=None, validation_alias="planStartDate")
    """UTC; None while the add-on waits for its first use."""
    expires_at: Moment = Field(default=None, validation_alias="planExpiryDate")
    """UTC."""


class Benefit(Answered):
    """The data that one add-on grants, in bytes. Usage is rated in batches: it lags behind real traffic."""

    unique_id: Text = Field(default=None, validation_alias="uniqueId")
    name: Text = None
    granted_bytes: Bytes = Field(default=None, validation_alias="actualBalance")
    remaining_bytes: Bytes = Field(default=None, validation_alias="balance")
    starts_at: Moment = Field(default=None, validation_alias="startDate")
    """UTC; None while the add-on waits for its first use."""
    expires_at: Moment = Field(default=None, validation_alias="expiryDate")
    """UTC."""


class EndpointProfile(Answered):
    """The answer of GetEndPointProfile: an endpoint's state, its add-ons, and what is left of them."""

    status: Text = Field(default=None, validation_alias=AliasPath("info", "basicInfo", ENDPOINT_STATUS_FIELD))
    """``Pre-Active``, ``Active`` or ``Suspended``; None if SFT does not tell."""
    iccid: Text = Field(default=None, validation_alias=AliasPath("info", "basicInfo", "iccid"))
    msisdn: Text = Field(default=None, repr=False, validation_alias=AliasPath("info", "basicInfo", "msisdn"))
    plans: Annotated[list[PlanInstance], BeforeValidator(plan_list)] = Field(
        validation_alias=AliasPath("info", "promotionalPlans")
    )
    benefits: Annotated[list[Benefit], BeforeValidator(listed)] = Field(
        default_factory=list, validation_alias=AliasPath("info", "benefitInfo", "benefit")
    )

    @model_validator(mode="before")
    @classmethod
    def _empty_may_be_left_out(cls, answer: object) -> object:
        match answer:
            case {"info": {"promotionalPlans": _}}:
                return answer
            case {"info": {"basicInfo": dict(), **rest} as info} if EMPTY_MAY_BE_LEFT_OUT and not _shows_benefits(rest):
                return {"info": {**info, "promotionalPlans": []}}
        return answer


def _shows_benefits(info: dict[object, object]) -> bool:
    benefits = info.get("benefitInfo")
    return (benefits.get("benefit") if isinstance(benefits, dict) else benefits) not in NO_PLANS
