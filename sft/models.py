"""What SFT answers, read tolerantly from the wire. Every id is text; ``"-"`` is None."""

from collections.abc import Container
from enum import StrEnum
from typing import Annotated, ClassVar, Final, Generic, Self, TypeVar

from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from sft.assumptions import EMPTY_MAY_BE_LEFT_OUT, ENDPOINT_STATUS_FIELD, INFO, NO_DATA, NO_PLANS
from sft.errors import Malformed
from sft.fields import BasicText, Bytes, End, Start, Text, benefit_list, listed, plan_list, unreadable
from sft.plan_id import is_among

PROFILE: Final = "GetEndPointProfile"
UNIQUE_ID: Final = "Response.info.promotionalPlans.plan.uniqueId"

Path = tuple[int | str, ...]


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


class Lenient(Answered):
    """A part of an answer that is never unusable: a field that cannot be read is None, as one that SFT does not tell.

    ``AT`` is where it stands in the answer.
    """

    AT: ClassVar[str] = ""

    @model_validator(mode="wrap")
    @classmethod
    def _unreadable_is_not_told(
        cls, value: object, handler: ModelWrapValidatorHandler[Self], info: ValidationInfo
    ) -> Self:
        if not isinstance(value, dict | cls):
            if value not in NO_PLANS:
                unreadable(info, cls.AT)
            return handler({})
        try:
            return handler(value)
        except ValidationError as error:
            paths = [fault["loc"] for fault in error.errors(include_url=False, include_input=False)]
        for path in paths:
            unreadable(info, ".".join(map(str, (cls.AT, *path) if cls.AT else path)))
            value = _without(value, path)
        return handler(value)


def _without(value: object, path: Path) -> object:
    """A copy of an answer that lacks what is at this path."""
    if not isinstance(value, dict) or not path:
        return value
    head, *rest = path
    kept = {key: part for key, part in value.items() if key != head}
    return {**kept, head: _without(value[head], tuple(rest))} if rest and head in value else kept


class Sim(Lenient):
    """One row of fetchSIM. Any field may be missing from a row; an unusable row has none at all."""

    AT: ClassVar[str] = "responseParam.rows"

    iccid: Text = None
    endpoint_id: Text = Field(default=None, validation_alias=AliasChoices("endPointId", "endpointId", "endpoint_id"))
    msisdn: Text = Field(default=None, repr=False)
    eid: Text = None
    status: Text = Field(default=None, validation_alias="simStatus")
    """``Pre-Active``, ``Active``, ``Suspended`` or another word, as SFT spells it: compare by ``states.is_state``."""
    attach_status: Text = Field(default=None, validation_alias="simAttachStatus")
    """``ATTACHED`` or ``NOT ATTACHED``, likewise."""
    activation_code: Text = Field(default=None, repr=False, validation_alias=AliasPath("activationCode", "textQrCode"))
    """``LPA:1$<SM-DP+ address>$<matching id>``: a bearer secret."""


class SimPage(Answered):
    """The answer of fetchSIM. No row that cannot be read hides the others."""

    rows: Annotated[list[Sim], BeforeValidator(listed)] = Field(
        validation_alias=AliasPath("responseParam", "rows"), repr=False
    )


class FurtherSims(SimPage):
    """The answer of fetchSIM where there may well be nothing: beyond the first page, or by ICCID. Its rows may be left
    out then (assumption), which would be no empty inventory.
    """

    @model_validator(mode="before")
    @classmethod
    def _empty_may_be_left_out(cls, answer: object) -> object:
        if not EMPTY_MAY_BE_LEFT_OUT or not isinstance(answer, dict):
            return answer
        told = answer.get("responseParam")
        is_left_out = told in NO_PLANS or (isinstance(told, dict) and "rows" not in told)  # there may be a total of 0
        return {"responseParam": {"rows": []}} if is_left_out else answer


class LifecycleChange(Lenient):
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


class SubscribedPlan(Lenient):
    """One plan in the answer of SubscribeAddon."""

    AT: ClassVar[str] = f"{INFO}.promotionalPlans.plan"

    plan_id: Text = Field(default=None, validation_alias="planId")
    unique_id: Text = Field(default=None, validation_alias="uniqueId")


class Subscribed(Answered):
    """The answer of SubscribeAddon: its plan is one object or a list (assumption)."""

    plans: Annotated[list[SubscribedPlan], BeforeValidator(listed)] = Field(
        default_factory=list,
        validation_alias=AliasPath(INFO, "promotionalPlans", "plan"),
    )


class PlanRow(Lenient):
    """A row of an endpoint's add-ons. One with a uniqueId is an instance; one without may hide one."""

    AT: ClassVar[str] = "info.promotionalPlans.plan"

    plan_id: Text = Field(default=None, validation_alias="planId")
    unique_id: Text = Field(default=None, validation_alias="uniqueId")
    service: Text = Field(default=None, validation_alias="planServiceName")


class PlanInstance(PlanRow):
    """The same with all that it tells."""

    name: Text = Field(default=None, validation_alias="planName")
    starts_at: Start = Field(default=None, validation_alias="planStartDate")
    """UTC; None while the add-on waits for its first use."""
    expires_at: End = Field(default=None, validation_alias="planExpiryDate")
    """UTC."""


class Benefit(Lenient):
    """The data that one add-on grants, in bytes. Usage is rated in batches: it lags behind real traffic."""

    AT: ClassVar[str] = "info.benefitInfo.benefit"

    unique_id: Text = Field(default=None, validation_alias="uniqueId")
    name: Text = None
    granted_bytes: Bytes = Field(default=None, validation_alias="actualBalance")
    remaining_bytes: Bytes = Field(default=None, validation_alias="balance")
    starts_at: Start = Field(default=None, validation_alias="startDate")
    """UTC; None while the add-on waits for its first use."""
    expires_at: End = Field(default=None, validation_alias="expiryDate")
    """UTC."""


Row = TypeVar("Row", bound=PlanRow)


class _Profile(Answered, Generic[Row]):
    """An answer of GetEndPointProfile, with as much of each row as is read."""

    status: BasicText = Field(default=None, validation_alias=AliasPath("info", "basicInfo", ENDPOINT_STATUS_FIELD))
    """``Pre-Active``, ``Active``, ``Suspended`` or another word, as SFT spells it; None if SFT does not tell."""
    plans: Annotated[list[Row], BeforeValidator(plan_list)] = Field(
        validation_alias=AliasPath("info", "promotionalPlans")
    )
    """All rows, as they came."""

    @property
    def unique_ids(self) -> list[str]:
        """Those of all instances that can be told apart, each once."""
        return list(dict.fromkeys(row.unique_id for row in self.plans if row.unique_id))

    @property
    def hidden_plans(self) -> list[str]:
        """The plans with an instance on the endpoint that cannot be told from others: its uniqueId cannot be read."""
        hiding = [row for row in self.plans if row.unique_id is None and (row.service or "").casefold() not in NO_DATA]
        return sorted({row.plan_id for row in hiding if row.plan_id})

    def require_readable(self, plan_id: str, known: Container[str] | None = None) -> None:
        """Raises Malformed if an instance of this plan cannot be told from others.

        If ``known`` uniqueIds are given, an instance that is not among them has to tell its plan, too.
        """
        nameless = [row.unique_id for row in self.plans if row.unique_id and row.plan_id is None]
        if is_among(plan_id, self.hidden_plans) or (known is not None and any(one not in known for one in nameless)):
            raise Malformed(PROFILE, UNIQUE_ID)

    @model_validator(mode="before")
    @classmethod
    def _empty_may_be_left_out(cls, answer: object) -> object:
        match answer:
            case {"info": {"promotionalPlans": _}}:
                return answer
            case {"info": {"basicInfo": dict(), **rest} as info} if EMPTY_MAY_BE_LEFT_OUT and not _shows_benefits(rest):
                return {"info": {**info, "promotionalPlans": []}}
        return answer


class EndpointAddons(_Profile[PlanRow]):
    """The answer of GetEndPointProfile, as far as provisioning reads it: an endpoint's state, and which add-ons it has.
    An endpoint may show thousands: their names, dates and balances are left unread."""


class EndpointProfile(_Profile[PlanInstance]):
    """The answer of GetEndPointProfile: an endpoint's state, its add-ons, and what is left of them."""

    iccid: BasicText = Field(default=None, validation_alias=AliasPath("info", "basicInfo", "iccid"))
    msisdn: BasicText = Field(default=None, repr=False, validation_alias=AliasPath("info", "basicInfo", "msisdn"))
    benefits: Annotated[list[Benefit], BeforeValidator(benefit_list)] = Field(
        default_factory=list, validation_alias=AliasPath("info", "benefitInfo")
    )

    @property
    def instances(self) -> list[PlanInstance]:
        """The add-ons that can be told apart, each once: what one row of a doubled one does not tell, another may."""
        by_id: dict[str, PlanInstance] = {}
        for row in self.plans:
            if row.unique_id:
                first = by_id.setdefault(row.unique_id, row)
                if first is not row:
                    told = {name: value for name, value in first if value is not None}
                    by_id[row.unique_id] = row.model_copy(update=told)
        return list(by_id.values())


def _shows_benefits(info: dict[object, object]) -> bool:
    benefits = info.get("benefitInfo")
    return (benefits.get("benefit") if isinstance(benefits, dict) else benefits) not in NO_PLANS
