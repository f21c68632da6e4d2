"""One assumption about SFT, as the checklist has it."""

from dataclasses import dataclass
from typing import Literal

SeenBy = Literal["reading", "one eSIM", "a person"]
"""How it is found out: by ``check-sft``, by ``check-sft --with-one-esim``, or by somebody who looks."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """``name`` is that of the constant in ``sft/assumptions.py`` where there is one.

    ``sales`` is what it means for sales if it does not hold, ``change`` the setting or the line to change then, and
    ``look`` how a person sees it where the check does not.
    """

    name: str
    says: str
    source: str
    sales: str
    change: str
    seen_by: SeenBy
    look: str = ""
