"""The journal: every call that arrived, what was done about it, and which fault hit it."""

from collections import Counter

from pydantic import BaseModel

from tools.simulator.call import Call
from tools.simulator.endpoint import Cause


class Entry(BaseModel):
    """One call. ``number`` counts from 1 in order of arrival."""

    number: int
    call: Call
    endpoint_id: str | None
    plan_id: str | None
    query: str = ""
    """The query of its address."""
    fault: str | None = None
    done: bool = False
    """Whether its work was done; a late call's becomes true when its work is."""
    status: int | None = None
    """The HTTP status of the answer; None as long as there is none, for ever if it was lost."""

    @property
    def cause(self) -> Cause:
        return Cause(self.call, self.number)


class Journal:
    """The calls in order of arrival, and how many there were of each name and of each kind of fault."""

    def __init__(self) -> None:
        self.log: list[Entry] = []
        self.calls: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()

    def arrived(self, call: Call, endpoint_id: str | None, plan_id: str | None, query: str = "") -> Entry:
        """Write down a call that has just arrived."""
        entry = Entry(number=len(self.log) + 1, call=call, endpoint_id=endpoint_id, plan_id=plan_id, query=query)
        self.log.append(entry)
        self.calls[call] += 1
        return entry

    def hit(self, entry: Entry, kind: str) -> None:
        """Write down that a fault hits the call."""
        entry.fault = kind
        self.faults[kind] += 1
