"""The table: what was measured, of us and of the floor, and whether that meets the goal."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal, NamedTuple, TypedDict

HEADINGS = ("what", "ours", "floor", "measured", "lowest to highest", "goal", "met")


class Spread(NamedTuple):
    """The lowest and the highest of what the rounds measured."""

    lowest: float
    highest: float


@dataclass(frozen=True)
class Goal:
    """What a measured value has to be at least, or at most."""

    bound: float
    kind: Literal["at least", "at most"]

    def is_met_by(self, value: float) -> bool:
        """Whether the value is on the right side of the bound, or on it."""
        return value >= self.bound if self.kind == "at least" else value <= self.bound


class Record(TypedDict):
    """A row in JSON."""

    group: str
    what: str
    unit: str
    ours: float
    floor: float | None
    measured: float
    lowest: float
    highest: float
    goal: str | None
    met: bool | None


@dataclass(frozen=True)
class Row:
    """One value of ours. ``measured`` is what the goal is about: the value itself, or its ratio to the ``floor``.

    ``spread`` is that of ``measured`` over the rounds; None if it was measured once.
    """

    group: str
    what: str
    unit: str
    ours: float
    floor: float | None = None
    ratio: float | None = None
    goal: Goal | None = None
    spread: Spread | None = None

    @property
    def measured(self) -> float:
        """The ratio if it has one, or else our value."""
        return self.ours if self.ratio is None else self.ratio

    @property
    def met(self) -> bool | None:
        """None if there is no goal."""
        return self.goal.is_met_by(self.measured) if self.goal else None

    def cells(self) -> list[str]:
        """What stands in the table."""
        goal = f"{self.goal.kind} {shown(self.goal.bound)}" if self.goal else ""
        met = {None: "", True: "yes", False: "**no**"}[self.met]
        what = f"{self.what} ({self.unit})" if self.unit else self.what
        floor = "" if self.floor is None else shown(self.floor)
        return [what, shown(self.ours), floor, shown(self.measured), self._spread(), goal, met]

    def _spread(self) -> str:
        ends = [shown(end) for end in self.spread or (self.measured,)]
        return " to ".join(dict.fromkeys(ends))

    def record(self) -> Record:
        """The row as a JSON object."""
        return Record(
            group=self.group,
            what=self.what,
            unit=self.unit,
            ours=self.ours,
            floor=self.floor,
            measured=self.measured,
            lowest=self.spread.lowest if self.spread else self.measured,
            highest=self.spread.highest if self.spread else self.measured,
            goal=f"{self.goal.kind} {self.goal.bound:g}" if self.goal else None,
            met=self.met,
        )


def against(
    group: str, what: str, unit: str, rounds: Sequence[Sequence[float]], goal: Goal | None = None, base: float = 1
) -> Row:
    """A row about a ratio: of two sides, ours and the floor's, or that of whatever it is compared with. Each is told by
    the median of its rounds, and the ratio is one in units of ``base``.

    There is none, and so no goal, to a floor of nothing: one that takes no CPU, or whose memory shrank meanwhile.
    """
    ours, floor = (median(side) for side in rounds)
    if floor <= 0:
        return Row(group, what, unit, ours, floor, spread=spread_of(rounds[0]))
    ratios = [one / other / base for one, other in zip(*rounds, strict=True) if other > 0]
    return Row(group, what, unit, ours, floor, ours / floor / base, goal, spread_of(ratios))


def over(
    group: str, what: str, unit: str, rounds: Sequence[float], goal: Goal | None = None, floor: float | None = None
) -> Row:
    """A row about the median of what our rounds measured, beside what the floor takes."""
    return Row(group, what, unit, median(rounds), floor, goal=goal, spread=spread_of(rounds))


def spread_of(values: Sequence[float]) -> Spread:
    """Of at least one value."""
    return Spread(min(values), max(values))


def shown(value: float) -> str:
    """Three digits that matter, with a comma between thousands."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def markdown(rows: Sequence[Row]) -> str:
    """One table for each group, in order of their first rows."""
    groups = dict.fromkeys(row.group for row in rows)
    return "\n\n".join(f"**{group}**\n\n{_table([row for row in rows if row.group == group])}" for group in groups)


def _table(rows: Sequence[Row]) -> str:
    lines = [HEADINGS, ("---",) * len(HEADINGS), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
