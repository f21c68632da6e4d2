"""What happens again and again is told a few times, and then how often."""

import asyncio
import logging
import re
import signal
import time
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from observability.repeats import FIRST, IDENTIFIER, Repeats
from tests.support.metrics_scrape import Scrape
from tests.support.ports import free_port
from tests.support.seller import eventually, seller
from tests.support.worker_process import worker_process
from tools.simulator.fault import Fault

MANY = 20
"""Purchases that wait."""


@pytest.fixture
def few(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What is left of the lines of activities, where a line tells every half second how many more there were."""
    repeats, told = Repeats(seconds=0.5), logging.getLogger("temporalio.activity")
    told.addFilter(repeats)
    yield caplog
    told.removeFilter(repeats)


def fail(activity_type: str, error: Exception) -> None:
    """Logs it as the SDK does, in an activity of that type."""

    def attempt() -> None:
        try:
            raise error
        except Exception:
            extra = {IDENTIFIER: "ActivityFailure"}
            activity.logger.warning("Completing activity as failed", exc_info=True, extra=extra)

    environment = ActivityEnvironment()
    environment.info = replace(environment.info, activity_type=activity_type, attempt=3)
    environment.run(attempt)


def lines(log: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in log.records]


async def test_a_failure_that_was_foreseen_is_one_line_and_those_like_it_are_summed_up(
    few: pytest.LogCaptureFixture,
) -> None:
    for _ in range(300):
        fail("find_esim", ApplicationError("fetchSIM: SFT answered with status 503", type="SftUnanswered"))
    first = "find_esim failed, attempt 3 (SftUnanswered): fetchSIM: SFT answered with status 503"
    assert lines(few)[0] == first
    assert all("more like this" in line for line in lines(few)[1:])  # 300 may take longer than half a second
    assert few.records[0].exc_info is None
    await eventually(lambda: all_told(few, first, 300))
    few.clear()

    async def told_at_once() -> bool:
        """Where nothing like it happened for a while: this is tried until it has."""
        few.clear()
        await asyncio.sleep(1)
        fail("find_esim", ApplicationError("fetchSIM: SFT answered with status 503", type="SftUnanswered"))
        return lines(few) == [first]

    await eventually(told_at_once)


async def all_told(log: pytest.LogCaptureFixture, first: str, times: int) -> bool:
    """Whether lines tell that it happened so often, in one sum or in several."""
    sums = [re.fullmatch(r"(\d+) more like this in the last [0-9.]+ s: (.+)", line) for line in lines(log)]
    return 1 + sum(int(found[1]) for found in sums if found and found[2] == first) == times


def test_what_says_something_else_is_told_as_well_up_to_a_limit(few: pytest.LogCaptureFixture) -> None:
    for code in range(3 * FIRST):
        fail("provision_addon", ApplicationError(f"refused with code {code}", type="AddonRejected"))
    fail("find_esim", ApplicationError("refused with code 1", type="SftUnavailable"))
    fail("provision_addon", ApplicationError("refused with code 1", type="SftUnavailable"))
    assert len(lines(few)) == FIRST + 2


async def test_what_does_not_end_is_summed_up_ever_more_rarely(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """After 0.1 s, 0.2 s, 0.4 s, 0.8 s: with the first line, five in 1.6 seconds."""
    repeats, told = Repeats(seconds=0.1), logging.getLogger("temporalio.activity")
    told.addFilter(repeats)
    until = time.monotonic() + 1.6
    while time.monotonic() < until:
        fail("find_esim", ApplicationError("fetchSIM: SFT answered with status 503", type="SftUnanswered"))
        await asyncio.sleep(0.02)
    told.removeFilter(repeats)
    assert 3 <= len(lines(caplog)) <= 6


def test_an_expected_wait_is_one_line_for_an_endpoint_and_no_failure(few: pytest.LogCaptureFixture) -> None:
    for seconds in range(10):
        words = f"SubscribeAddon was not answered ({seconds} of 180 s); looking again"
        fail("settle_addon", ApplicationError(words, type="NotSettledYet"))
    assert lines(few) == ["settle_addon waits: SubscribeAddon was not answered (0 of 180 s); looking again"]


def test_a_refusal_of_sfts_is_told_with_its_http_status(few: pytest.LogCaptureFixture) -> None:
    words, details = "SubscribeAddon: SFT refused with code 1042: plan unknown", {"http_status": 422}
    fail("provision_addon", ApplicationError(words, details, type="AddonRejected"))
    assert lines(few) == [f"provision_addon failed, attempt 3 (AddonRejected): {words} (HTTP 422)"]


def test_what_was_not_foreseen_keeps_its_traceback(few: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        fail("find_esim", ZeroDivisionError("a mistake of ours"))
    fail("find_esim", ApplicationError("Failed decoding arguments"))
    assert len(lines(few)) == 2
    assert all(line.startswith("Completing activity as failed") for line in lines(few))
    assert all(record.exc_info for record in few.records)


@pytest.mark.parametrize("trouble", ["refuses", "away"])
async def test_a_worker_whose_purchases_wait_for_sft_says_so_in_a_few_lines(client: Client, trouble: str) -> None:
    port = free_port()
    async with seller(client, esims=0) as shop:
        shop.platform.order(Fault(call="fetchSIM", kind="error_before", times=0))
        away = {"SFT_BASE_URL": f"http://127.0.0.1:{free_port()}/api"} if trouble == "away" else {}
        async with worker_process(shop, False, METRICS_ADDRESS=f"127.0.0.1:{port}", **away) as worker:
            runs = [await shop.start() for _ in range(MANY)]
            await eventually(lambda: have_failed(port, 3 * MANY))
            worker.send_signal(signal.SIGTERM)
            _, log = await asyncio.wait_for(worker.communicate(), 100)
        await asyncio.gather(*(run.terminate() for run in runs))
    told = log.decode().splitlines()
    assert len(told) < 20, log.decode()
    assert "Traceback" not in log.decode()
    [one, *_] = [line for line in told if "WARNING" in line and "find_esim failed, attempt" in line]
    assert ("SFT answered with status 503" if trouble == "refuses" else "no connection to SFT") in one
    assert "purchase_id=P-" in one


async def test_of_many_purchases_that_wait_for_people_the_first_are_named(client: Client) -> None:
    async with seller(client, esims=0) as shop:
        async with worker_process(shop) as worker:
            runs = [await shop.start() for _ in range(2 * FIRST)]
            for run in runs:
                await shop.reaches(run, "waiting_for_stock")
            worker.send_signal(signal.SIGTERM)
            _, log = await asyncio.wait_for(worker.communicate(), 100)
        await asyncio.gather(*(run.terminate() for run in runs))
    named = [line for line in log.decode().splitlines() if "waiting_for_stock: " in line]
    assert len(named) == FIRST
    assert len({line.partition("purchase_id=")[2] for line in named}) == FIRST


async def have_failed(port: int, attempts: int) -> bool:
    """Whether the SDK has counted so many attempts that failed: what is not told stays counted."""
    try:
        scrape = await asyncio.to_thread(Scrape, port)
    except httpx.ConnectError:  # it is still starting
        return False
    failed = scrape.samples("temporal_activity_execution_failed_total", activity_type="find_esim")
    return sum(sample.value for sample in failed) >= attempts
