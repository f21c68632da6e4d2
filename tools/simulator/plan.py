"""A plan: the definition of an add-on that SubscribeAddon makes instances of."""

from typing import Final, Literal

from pydantic import BaseModel, Field

GIGABYTE: Final = 10**9


class Plan(BaseModel, frozen=True):
    """What one instance of an add-on grants, and for how many days from its first use or from its purchase."""

    plan_id: str
    name: str
    granted_bytes: int
    validity_days: int = Field(gt=0)
    recurring: bool = False
    """Whether an instance renews at its expiry, for as long again, instead of ending."""
    starts: Literal["first_use", "at_once"] = "first_use"


DEFAULT_PLANS: Final = (
    Plan(
        plan_id="PLAN-WAKANDA-30D-30GB",
        name="Wakanda 30Days / 30GB",
        granted_bytes=30 * GIGABYTE,
        validity_days=30,
    ),
    Plan(plan_id="PLAN-WAKANDA-DAILY", name="Wakanda Daily", granted_bytes=GIGABYTE, validity_days=1),
    Plan(
        plan_id="PLAN-WAKANDA-MONTHLY",
        name="Wakanda Monthly",
        granted_bytes=5 * GIGABYTE,
        validity_days=30,
        recurring=True,
    ),
)


def plan_named(plan_id: str) -> Plan:
    """The default plan of that id, or else a new one of 1 GB for 30 days that is named after its id."""
    for plan in DEFAULT_PLANS:
        if plan.plan_id == plan_id:
            return plan
    return Plan(plan_id=plan_id, name=plan_id, granted_bytes=GIGABYTE, validity_days=30)
