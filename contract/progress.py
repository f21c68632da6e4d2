"""How far a first purchase has come: the answer of query ``progress``."""

from typing import Literal

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


class Progress(Message):
    """Where a first purchase stands, the endpoint it holds if any, and one sentence for whoever looks."""

    step: Step
    endpoint_id: str | None = None
    detail: str
