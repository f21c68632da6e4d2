"""An add-on: one purchased instance of a plan on one eSIM."""

from datetime import datetime
from typing import Literal

from contract.failure import FailureType
from contract.message import Message

AddonStatus = Literal["pending", "provisioned", "failed"]
UsageState = Literal["waiting_for_first_use", "in_use", "used_up", "expired"]


class AddonError(Message):
    """Why an add-on is ``failed``: a failure type of the contract and one sentence."""

    type: FailureType
    message: str


class Usage(Message):
    """What one add-on had left when SFT was last asked. SFT rates usage in batches: it lags behind real traffic."""

    granted_bytes: int
    remaining_bytes: int
    state: UsageState
    starts_at: datetime | None
    """UTC; None while the add-on waits for its first use."""
    expires_at: datetime | None
    """UTC; None while SFT has not set an end."""
    as_of: datetime
    """UTC; when the reading was taken."""


class Addon(Message):
    """One purchase of one plan. Every purchase is an instance of its own, also when the plan is the same."""

    purchase_id: str
    product: str
    plan_id: str
    unique_id: str | None = None
    """SFT's id of this instance; None until it is provisioned."""
    status: AddonStatus = "pending"
    error: AddonError | None = None
    attempt: int = 1
    """How often it was tried: one more each time that it failed and was sent again."""
    usage: Usage | None = None
    """None until first read."""
