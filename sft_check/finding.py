"""What a check has found out: about each assumption, and about each step of an eSIM's life."""

from collections.abc import Callable
from typing import Final, Literal, NamedTuple

from pydantic import BaseModel

from sft.assumption import Assumption
from sft_check.evidence import Evidence

Verdict = Literal["does not hold", "holds", "not seen"]

ORDER: Final[tuple[Verdict, ...]] = ("does not hold", "holds", "not seen")


class Found(NamedTuple):
    """What a rule says: the verdict, and what was seen."""

    verdict: Verdict
    seen: str


Rule = Callable[[Evidence], Found | None]
"""Says nothing where nothing that came shows it."""


class Finding(BaseModel):
    """One assumption, and whether it holds. ``sales`` and ``change`` are for where it does not."""

    assumption: str
    says: str
    source: str
    verdict: Verdict
    seen: str
    sales: str
    change: str

    @classmethod
    def of(cls, assumption: Assumption, found: Found) -> "Finding":
        return cls(
            assumption=assumption.name,
            says=assumption.says,
            source=assumption.source,
            verdict=found.verdict,
            seen=found.seen,
            sales=assumption.sales,
            change=assumption.change,
        )


class Step(BaseModel):
    """One step of an eSIM's life: how long it took, and how it ended."""

    step: str
    seconds: float
    outcome: str


class CheckReport(BaseModel):
    """Everything that a check found out. ``left`` says what was left at SFT and what to do about it."""

    sft: str
    findings: list[Finding]
    notes: list[str]
    steps: list[Step] = []
    left: str | None = None
    interrupted: bool = False

    @property
    def is_well(self) -> bool:
        """Whether nothing was found that does not hold, and nothing was left."""
        return self.left is None and all(finding.verdict != "does not hold" for finding in self.findings)


def holds(seen: str) -> Found:
    return Found("holds", seen)


def fails(seen: str) -> Found:
    return Found("does not hold", seen)
