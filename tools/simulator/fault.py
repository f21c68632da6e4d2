"""A fault that can be ordered, and the orders that are still open."""

from dataclasses import dataclass
from typing import Literal, Self, get_args

from pydantic import BaseModel, Field, model_validator

from tools.simulator.call import ACTIVATING_CALLS, Call

Kind = Literal[
    "delay",
    "answer_lost",
    "error_before",
    "error_after",
    "timeout_text",
    "rate_limited",
    "expired_http",
    "expired_envelope",
    "reset",
    "reset_after",
    "broken_json",
    "html",
    "empty_body",
    "rejected",
    "late",
    "missing_field",
    "already_active",
    "coded",
]

"""How a call goes wrong.

Work done at once, answered differently: ``delay`` (late answer), ``answer_lost`` (closed connection), ``reset_after``
(reset connection), ``error_after`` (5xx), ``timeout_text`` (in words), ``broken_json``, ``html``, ``empty_body``,
``missing_field``, ``coded`` (with the codes ``outer`` and ``code``). Work done later and never answered: ``late``. No
work: ``error_before`` (5xx), ``rate_limited`` (429), ``expired_http`` (401), ``expired_envelope`` (401 inside of 200),
``reset`` (reset connection), ``rejected`` (an envelope with a code). ``already_active``: a stranger activates the
endpoint just before.
"""

KINDS: tuple[Kind, ...] = get_args(Kind)


def can_hit(kind: Kind, call: Call) -> bool:
    """Whether a fault of this kind can happen to this call."""
    return kind != "already_active" or call in ACTIVATING_CALLS


class Fault(BaseModel, frozen=True, extra="forbid"):
    """What goes wrong with which calls. A call whose token is refused is not counted as a matching one."""

    call: Call | Literal["*"]
    """``endpoint`` is the PATCH; ``*`` is every call."""
    kind: Kind
    times: int = Field(default=1, ge=0)
    """How many matching calls it hits; 0 is every one until the faults are cleared."""
    skip: int = Field(default=0, ge=0)
    """How many matching calls are let through first, whatever else hits them."""
    endpoint_id: str | None = None
    """Only for calls about this endpoint."""
    delay_seconds: float = Field(default=0, ge=0)
    """``delay``: from the work to the answer. ``late``: from the request to the work, never answered."""
    after_calls: int = Field(default=0, ge=0)
    """``late``: how many further calls about the endpoint do not see the work yet, however long they take to come. The
    connection is closed at once then, and ``delay_seconds`` does not count."""
    status: int = Field(default=503, ge=200, le=599)
    """The HTTP status of ``error_before``, ``error_after`` and ``timeout_text``."""
    refusal_status: int = Field(default=200, ge=200, le=599)
    """The HTTP status of ``rejected``."""
    done: bool = True
    """Whether the work was done although ``timeout_text`` says that it timed out."""
    outer: str = "0"
    """``coded``: the outer result code. The inner one is ``code``, left out if that is empty."""
    code: str = "9999"
    description: str = "Rejected on order of the simulator's user"
    retry_after: float | str | None = None
    """The Retry-After header of ``rate_limited``: seconds, or an HTTP date as text."""
    field: str | None = None
    """What ``missing_field`` leaves out, wherever it occurs; None is what the call's caller needs most."""

    def fits(self, call: Call, endpoint_id: str | None) -> bool:
        """Whether such a call is one that this fault is about."""
        asked_for = self.call in ("*", call) and self.endpoint_id in (None, endpoint_id)
        return asked_for and can_hit(self.kind, call)

    @model_validator(mode="after")
    def _can_happen(self) -> Self:
        if self.call != "*" and not can_hit(self.kind, self.call):
            raise ValueError(f"{self.kind} can only hit {' and '.join(ACTIVATING_CALLS)}")
        return self


@dataclass
class _Order:
    fault: Fault
    skip: int
    left: int | None

    @classmethod
    def of(cls, fault: Fault) -> Self:
        return cls(fault, fault.skip, fault.times or None)

    def is_due(self) -> bool:
        if self.skip:
            self.skip -= 1
            return False
        return self.left != 0


class Orders:
    """Ordered faults: of several that are due for a call, the oldest hits and the others wait."""

    def __init__(self) -> None:
        self._open: list[_Order] = []

    def add(self, fault: Fault) -> None:
        """Order one more fault."""
        self._open.append(_Order.of(fault))

    def clear(self) -> None:
        """Forget every order."""
        self._open.clear()

    def take(self, call: Call, endpoint_id: str | None) -> Fault | None:
        """The fault that hits this call, if any. The call counts against the ``skip`` of every order."""
        due = [order for order in self._open if order.fault.fits(call, endpoint_id) and order.is_due()]
        if not due:
            return None
        hit = due[0]
        if hit.left is not None:
            hit.left -= 1
            if hit.left == 0:
                self._open.remove(hit)
        return hit.fault
