"""What never changes once it was read, kept for whoever asks again: by the id of the run that it was read of."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from contract.message import Message

MOST: Final = 2000
"""Answers of one kind that are kept."""

LARGEST_CHARACTERS: Final = 16 * 1024
"""Of one, as JSON. What is larger, no sale of ours is: it is read each time."""

UNUSED_SECONDS: Final = 3600.0
"""For how long one is kept that nobody asks for: there are activation codes among them."""

Answer = TypeVar("Answer", bound=Message)


class Kept(Generic[Answer]):
    """The answers that were asked for last, MOST of them at most. Whoever is given one must not change it."""

    def __init__(self, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._answers: OrderedDict[str, tuple[float, Answer]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, run_id: str) -> Answer | None:
        """What was read of this run; None if that is not kept, or not any more."""
        self._drop_unused()
        if run_id not in self._answers:
            return None
        answer = self._answers.pop(run_id)[1]
        self._answers[run_id] = (self._clock(), answer)
        return answer

    def keep(self, run_id: str, answer: Answer) -> None:
        """Keeps what was read of this run, in the place of what is kept of it."""
        self._drop_unused()
        self._answers.pop(run_id, None)
        if len(answer.model_dump_json()) <= LARGEST_CHARACTERS:
            self._answers[run_id] = (self._clock(), answer)
        if len(self._answers) > self._most:
            self._answers.popitem(last=False)

    def _drop_unused(self) -> None:
        before = self._clock() - UNUSED_SECONDS
        while self._answers and next(iter(self._answers.values()))[0] < before:
            self._answers.popitem(last=False)
