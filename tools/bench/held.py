"""What does not depend on the machine is held exactly: actions, events and the sizes of histories."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from tools.bench.month import CALLBACKS, DORMANT_ACTIONS, DORMANT_HISTORY, GROUP, HISTORY, ORDINARY
from tools.bench.table import Row, shown
from tools.bench.weigh import BARE


class Held(NamedTuple):
    """A value of ours, and in which row it stands."""

    group: str
    what: str
    value: float
    unit: str = ""


HELD: Final = (
    Held("Cost of a sale", "billable actions", 8),
    Held("Cost of a sale", "history", 42, "events"),
    Held("Cost of a sale", f"history {BARE}", 10_093, "bytes"),
    Held("Cost of a top-up by signal", "billable actions", 3),
    Held("Cost of a top-up by signal", "history", 16, "events"),
    Held("Cost of a top-up by signal", f"history {BARE}", 1_447, "bytes"),
    Held("Cost of a top-up by update", "billable actions", 3),
    Held("Cost of a top-up by update", "history", 17, "events"),
    Held("Cost of a top-up by update", f"history {BARE}", 1_797, "bytes"),
    Held(GROUP, ORDINARY, 98),
    Held(GROUP, CALLBACKS, 56),
    Held(GROUP, HISTORY, 54, "events"),
    Held(GROUP, f"{HISTORY} {BARE}", 12_528, "bytes"),
    Held(GROUP, DORMANT_ACTIONS, 0),
    Held(GROUP, DORMANT_HISTORY, 4, "events"),
    Held(GROUP, f"{DORMANT_HISTORY} {BARE}", 1_388, "bytes"),
)


def not_held(rows: Sequence[Row]) -> list[str]:
    """A sentence for each value that is another than it was, in one of its rounds at least, or that nobody measured."""
    found = {(row.group, row.what, row.unit): row for row in rows}
    return [sentence for held in HELD if (sentence := _why(held, found.get((held.group, held.what, held.unit))))]


def _why(held: Held, row: Row | None) -> str | None:
    name = f"{held.group}, {held.what}{f' ({held.unit})' if held.unit else ''}"
    if row is None:
        return f"{name} was not measured"
    lowest, highest = row.spread or (row.ours, row.ours)
    if lowest == highest == held.value:
        return None
    measured = " to ".join(dict.fromkeys([shown(lowest), shown(highest)]))
    return (
        f"{name}: {measured}, and not {shown(held.value)} as on any machine; where that is meant, correct it in "
        "tools/bench/held.py"
    )
