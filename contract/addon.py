"""An add-on: one purchased instance of a plan on one eSIM."""

from datetime import datetime
from typing import Literal

from pydantic import computed_field

from contract.amounts import Bytes, DataUnits, gigabytes
from contract.failure import FailureType
from contract.message import Message

AddonStatus = Literal["pending", "provisioned", "failed", "removed"]
UsageState = Literal["waiting_for_first_use", "in_use", "used_up", "expired"]


class AddonError(Message):
    """Why an add-on is ``failed``: a failure type of the contract and one sentence."""

    type: FailureType
    message: str


class Usage(Message):
    """What one add-on had left when SFT was last asked. SFT rates usage in batches: it lags behind real traffic."""

    granted_bytes: Bytes
    remaining_bytes: Bytes
    state: UsageState
    starts_at: datetime | None
    """UTC; None while the add-on waits for its first use."""
    expires_at: datetime | None
    """UTC; None while SFT has not set an end."""
    as_of: datetime
    """UTC; when the reading was taken."""
    units: DataUnits = "decimal"
    """What a gigabyte is to the seller."""

    @property
    def left_bytes(self) -> int:
        """What is left of it: nothing once it is used up, whatever the last reading was before SFT dropped it."""
        return 0 if self.state == "used_up" else self.remaining_bytes

    @property
    def last_read(self) -> str:
        """What the last reading said in words, ``5.8 of 30.0 GB``, also of an add-on that is gone since; empty where it
        is not known how much there was."""
        if not self.granted_bytes:
            return ""
        return f"{gigabytes(self.remaining_bytes, self.units)} of {gigabytes(self.granted_bytes, self.units)} GB"

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorators of properties
    @property
    def left(self) -> str:
        """What is left in words, ``5.8 of 30.0 GB``; empty where it is not known how much there was."""
        if not self.granted_bytes:
            return ""
        return f"{gigabytes(self.left_bytes, self.units)} of {gigabytes(self.granted_bytes, self.units)} GB"


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
    """None until first read. Of one that was removed, the last reading before that."""
    removed_at: datetime | None = None
    """UTC; when it was taken off the eSIM on order."""
    removed_because: str | None = None
    """The reason that the order gave; None once it is among the older ones that are kept in short."""
    bought_at: datetime | None = None
    """UTC; when the purchase came in. None where that was before anybody wrote it down, as in ``decided_at``."""
    decided_at: datetime | None = None
    """UTC; when it was provisioned, or failed. None while it is pending."""
    ordered_by: str | None = None
    """Who ordered it, as the purchase said."""
