import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.problem import Problem
from tests.support.processes import Entry, session_of
from tests.support.seller import eventually
from tools.demo import child
from tools.demo.child import Child
from tools.demo.place import Place, free_place


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with free_place(tmp_path) as place:
        yield place


def shell(script: str, place: Place) -> Child:
    return Child("Shell", ["sh", "-c", script], os.environ, place)


def left_of(sign: str) -> list[Entry]:
    return [entry for entry in session_of(os.getsid(0)) if sign in entry.command]


async def test_a_child_that_will_not_stop_is_killed_with_everything_that_it_started(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "STOP_SECONDS", 0.3)
    stubborn = shell("trap '' TERM; sh -c 'trap \"\" TERM; echo ready; sleep 611.5'; sleep 611.5", place)
    await stubborn.says("ready")
    await stubborn.stop()

    async def gone() -> bool:
        return not left_of("611.5")

    await eventually(gone)


async def test_a_child_gets_no_signal_that_is_meant_for_the_demo(place: Place) -> None:
    asleep = shell("echo ready; exec sleep 62.5", place)
    await asleep.says("ready")
    [entry] = left_of("62.5")
    assert entry.group != os.getpgrp()
    await asleep.stop()


async def test_a_child_that_ends_before_it_is_ready_is_told_with_the_end_of_its_log(place: Place) -> None:
    dying = shell("seq 1 9; exit 3", place)
    with pytest.raises(Problem) as told:
        await dying.says("ready")
    assert told.value.type == "DemoFailed"
    assert told.value.message == f"Shell ended with code 3; {place.directory / 'shell.log'} ends with:\n5\n6\n7\n8\n9"


async def test_a_child_that_does_not_get_ready_is_not_waited_for_for_ever(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "READY_SECONDS", 0.2)
    idle = shell("exec sleep 60", place)
    with pytest.raises(Problem, match=r"^Shell was not ready after "):
        await idle.says("ready")
    await idle.stop()
