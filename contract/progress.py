"""How far a first purchase has come: the answer of query ``progress``, and what its steps mean to people."""

from typing import Final, Literal

from contract.message import Message

Step = Literal[
    "finding_esim",
    "waiting_for_stock",
    "activating",
    "provisioning_addon",
    "needs_attention",
    "delivering",
    "completed",
    "failed",
]

STUCK: Final[tuple[Step, ...]] = ("waiting_for_stock", "needs_attention")
"""Steps in which a purchase waits for people: operators are shown these, and a metric counts them."""

HOW_TO_AMEND: Final = "Send update amend_plan with the right product and plan_id, or cancel this run."
"""The end of ``detail`` at ``needs_attention``. Whoever shows a way of its own to amend leaves it out."""

HOW_TO_TRY_AGAIN: Final = (
    "Ask SFT why; then send update amend_plan with the same product and plan_id, or cancel this run."
)
"""The same where it was not the plan that SFT refused, but to activate."""


class Progress(Message):
    """Where a first purchase stands, the endpoint that it holds if any, and one sentence for people."""

    step: Step
    endpoint_id: str | None = None
    detail: str
