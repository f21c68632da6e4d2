"""All habits, and those that a platform has."""

from collections import Counter
from collections.abc import Collection, Iterable
from random import Random
from typing import Final

from tools.simulator.answer import Answer
from tools.simulator.call import Call
from tools.simulator.habits import account
from tools.simulator.habits.account import ACCOUNT
from tools.simulator.habits.codes import CODES, EVERY, MAY_TIME_OUT, TIME_OUTS, timed_out
from tools.simulator.habits.forms import EMPTY, IDS, ZONES
from tools.simulator.habits.habit import ONE_OF, Habit, Subject
from tools.simulator.habits.rows import ROWS
from tools.simulator.habits.states import STATES
from tools.simulator.journal import Entry

# What is empty is said last, and moments are moved before they are written in another form.
HABITS: Final[dict[str, Habit]] = {
    habit.name: habit for habit in (*ZONES, *CODES, *ROWS, *ACCOUNT, *STATES, *IDS, *EMPTY)
}
"""By name, in the order in which they are applied."""


class UnknownHabit(ValueError):
    """There is no habit of that name, or not together with the others."""


class Habits:
    """The habits of one platform. Raises UnknownHabit for a name that is none, and for two that exclude each other."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names: frozenset[str] = frozenset()
        self._seen: Counter[tuple[str, str | None]] = Counter()
        self.have(names)

    def __contains__(self, name: str) -> bool:
        return name in self.names

    def have(self, names: Iterable[str]) -> None:
        """Have exactly these from now on."""
        chosen = frozenset(names)
        if unknown := sorted(chosen - HABITS.keys()):
            raise UnknownHabit(f"there is no habit {unknown[0]!r}")
        subjects: dict[Subject, str] = {}
        for name in sorted(chosen):
            subject = HABITS[name].subject
            if subject in ONE_OF and subject in subjects:
                raise UnknownHabit(f"{subjects[subject]} and {name} exclude each other")
            subjects[subject] = name
        self.names = chosen

    def refused(self, call: Call) -> Answer | None:
        """The answer to a call that the account is refused; None if it is not."""
        return account.refused(self.names, call)

    def retold(self, entry: Entry, answer: Answer) -> Answer:
        """The answer as a platform with these habits gives it."""
        for name, habit in HABITS.items():
            if name in self.names:
                answer = habit.retell(entry, answer)
        if entry.call in MAY_TIME_OUT:
            self._seen[entry.call, entry.endpoint_id] += 1
            for name in self.names & TIME_OUTS.keys():
                if self._seen[entry.call, entry.endpoint_id] % EVERY == 1:
                    return timed_out(entry, answer, TIME_OUTS[name])
        return answer


def mix(random: Random, most: int = 6, but: Collection[str] = ()) -> list[str]:
    """Some habits that go together and under which eSIMs can be sold, without those in ``but``, sorted by name."""
    able = [habit for habit in HABITS.values() if not habit.stops_sales and habit.name not in but]
    random.shuffle(able)
    chosen: dict[object, Habit] = {}
    for habit in able:
        chosen.setdefault(habit.subject if habit.subject in ONE_OF else habit.name, habit)
    return sorted(habit.name for habit in list(chosen.values())[: random.randint(1, most)])
