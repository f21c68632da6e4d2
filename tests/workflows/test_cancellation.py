"""What must not be cut in two is not, however often a run is cancelled."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from workflows.cancellation import afterwards, even_if_cancelled, finish_before_cancel

Work = Callable[[Coroutine[None, None, str]], Coroutine[None, None, str]]


async def cancelled_meanwhile(shield: Work, times: int, fails: bool = False) -> tuple[list[str], "asyncio.Task[str]"]:
    """What work did that was begun under a shield, and the task that was cancelled so often while it waited for it."""
    done: list[str] = []
    go_on = asyncio.Event()

    async def work() -> str:
        await go_on.wait()
        done.append("done")
        if fails:
            raise ValueError("it went wrong")
        return "the answer"

    waiting = asyncio.create_task(shield(work()))
    for _ in range(times):
        await asyncio.sleep(0)
        waiting.cancel()
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.wait([waiting])
    return done, waiting


@pytest.mark.parametrize("times", [0, 1, 2, 3])
async def test_work_that_has_to_be_done_is_done_however_often_the_run_is_cancelled(times: int) -> None:
    done, waiting = await cancelled_meanwhile(even_if_cancelled, times)
    assert done == ["done"]
    assert waiting.result() == "the answer"


@pytest.mark.parametrize("times", [0, 1, 2])
async def test_what_such_work_fails_with_is_raised(times: int) -> None:
    _, waiting = await cancelled_meanwhile(even_if_cancelled, times, fails=True)
    with pytest.raises(ValueError, match="it went wrong"):
        waiting.result()


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("fails", [False, True])
async def test_a_write_is_finished_before_a_cancellation_is_let_through(times: int, fails: bool) -> None:
    done, waiting = await cancelled_meanwhile(finish_before_cancel, times, fails)
    assert done == ["done"]
    assert waiting.cancelled()


async def test_a_write_that_is_not_cancelled_answers_or_fails_as_it_does() -> None:
    assert (await cancelled_meanwhile(finish_before_cancel, 0))[1].result() == "the answer"
    with pytest.raises(ValueError, match="it went wrong"):
        (await cancelled_meanwhile(finish_before_cancel, 0, fails=True))[1].result()


class Block:
    """A block that waits, and what it remembers."""

    def __init__(self) -> None:
        self.remembered = 0

    def remember(self) -> None:
        self.remembered += 1

    async def wait(self) -> None:
        with afterwards(self.remember):
            await asyncio.sleep(0)


@pytest.mark.parametrize("end", [ValueError("it went wrong"), asyncio.CancelledError(), None], ids=repr)
def test_what_became_of_a_block_is_remembered_however_it_ends(end: BaseException | None) -> None:
    block = Block()
    waiting = block.wait()
    waiting.send(None)
    with pytest.raises(type(end) if end else StopIteration):
        waiting.throw(end) if end else waiting.send(None)
    assert block.remembered == 1


def test_nothing_is_done_for_a_run_that_its_worker_dropped() -> None:
    block = Block()
    waiting = block.wait()
    waiting.send(None)
    waiting.close()  # as the garbage collector does
    assert block.remembered == 0
