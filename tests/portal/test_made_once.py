from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from portal.made_once import made_once


def test_who_come_first_all_at_once_get_the_same_one() -> None:
    made, go_on = list[object](), Event()

    @made_once
    def something() -> object:
        go_on.wait()
        made.append(object())
        return made[-1]

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(something) for _ in range(8)]
        go_on.set()
        assert {id(one.result()) for one in asked} == {id(made[0])}
    assert something() is made[0]
    assert len(made) == 1


def test_what_could_not_be_made_is_made_when_it_is_next_asked_for() -> None:
    there = list[str]()

    @made_once
    def something() -> str:
        if not there:
            raise ValueError("not yet")
        return there[0]

    with pytest.raises(ValueError, match="not yet"):
        something()
    there.append("made")
    assert something() == "made"
