"""What takes long to make and is the same for everybody: made by who asks first, while the others wait for it."""

from collections.abc import Callable
from threading import Lock
from typing import TypeVar

Made = TypeVar("Made")


def made_once(make: Callable[[], Made]) -> Callable[[], Made]:
    """Calls ``make`` once: ``functools.cache`` has each thread that comes before it is made make one of its own."""
    lock, made = Lock(), list[Made]()

    def kept() -> Made:
        with lock:
            if not made:
                made.append(make())
        return made[0]

    return kept
