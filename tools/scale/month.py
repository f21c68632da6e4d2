"""Some eSIMs of each kind, from the sale on until long after nothing is left on them, in skipped time.

Nothing here is about how long something takes: what is counted is the same on every machine.
"""

from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import mean
from typing import Final

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from tools.bench.actions import actions_in
from tools.bench.inside import working
from tools.bench.sft import NOT_OF_A_SALE
from tools.bench.skipping import skipping
from tools.scale.life import DAY, KINDS, PLAN, WORKING, Kind, Life
from tools.scale.sold import begin, sold
from tools.scale.told import portal
from tools.scale.traveler import Travelers
from tools.scale.units import Delay, Month
from tools.simulator.platform import Platform
from tools.simulator.server import serving
from worker import WorkerSettings

WATCHED: Final = 65 * DAY
ASLEEP: Final = 35 * DAY
"""After so long nothing is left on any of them, and nothing should happen for the rest of the time."""

SPREAD: Final = DAY / 2
"""First uses are spread over as much as there is between two looks: what matters is when after a look one is."""

SLEEP: Final = DAY / 2
"""At a time: the test server answers a request for sleep within half a minute, or the SDK gives up."""

Run = WorkflowHandle[object, object]


@dataclass(frozen=True)
class Cohort:
    """The eSIMs of a kind, on a task queue and an SFT of their own."""

    kind: Kind
    travelers: Travelers
    client: Client
    runs: list[Run]
    began: datetime

    @property
    def announced(self) -> list[tuple[datetime, Run]]:
        """When SFT's callbacks arrive, and about which of them."""
        lives = zip(self.travelers.lives.values(), self.runs, strict=True)
        return [(moment, run) for life, run in lives for moment in life.announced]


async def months(lives: int) -> list[Month]:
    """A month of each kind, with so many eSIMs each."""
    async with skipping() as environment, portal() as variables, AsyncExitStack() as stack:
        cohorts = [await _begun(environment, number, lives, variables, stack) for number in range(len(KINDS))]
        await _live(environment, cohorts)
        return [await _month(cohort) for cohort in cohorts]


async def _begun(
    environment: WorkflowEnvironment, kind_number: int, lives: int, variables: dict[str, str], stack: AsyncExitStack
) -> Cohort:
    kind = KINDS[kind_number]
    # Every kind has ids of its own: they are one namespace's.
    sft = Platform(esims=0, plans=[PLAN], token_seconds=1e9, first_endpoint=(4 + kind_number) * 1_000_000)
    travelers = Travelers(sft)
    base_url = await stack.enter_async_context(serving(sft))
    account = {"SFT_BASE_URL": base_url, "SFT_USERNAME": "demo", "SFT_PASSWORD": "demo-password"}
    settings = {**variables, **account, "SFT_CALLBACKS": kind.is_announced}
    queue = f"scale-{kind.name}"
    named = {name.lower(): value for name, value in settings.items()}
    worker_settings = WorkerSettings.model_validate({**named, "esim_task_queue": queue})
    client = await stack.enter_async_context(working(environment.client, worker_settings, [travelers]))
    began = await environment.get_current_time()
    sft.clock.set(began)
    runs: list[Run] = []
    for number, endpoint in enumerate(sft.add_sold(lives, [PLAN.plan_id])):
        first_use = began + kind.waits + number / lives * SPREAD
        endpoint_id = endpoint.endpoint_id
        # As an hour after the sale: the timer for the first look is the sale's.
        travelers.lives[endpoint_id] = Life(kind, first_use, endpoint.addons[0])
        state = sold(endpoint_id, endpoint.addons[0].unique_id, PLAN.plan_id, began)
        runs.append(await begin(client, queue, state))
    return Cohort(kind, travelers, client, runs, began)


async def _live(environment: WorkflowEnvironment, cohorts: Sequence[Cohort]) -> None:
    """Lets the time pass. What SFT announces arrives just then."""
    announced = [one for cohort in cohorts for one in cohort.announced]
    end = max(cohort.began for cohort in cohorts) + WATCHED
    for moment, run in sorted(announced, key=lambda one: one[0]):
        await _sleep_until(environment, moment)
        await run.signal("look_soon")
    await _sleep_until(environment, end)


async def _sleep_until(environment: WorkflowEnvironment, moment: datetime) -> None:
    while (now := await environment.get_current_time()) < moment:
        await environment.sleep(min(moment - now, SLEEP))


async def _month(cohort: Cohort) -> Month:
    travelers, lives = cohort.travelers, len(cohort.runs)
    histories = [await _runs_of(cohort.client, run) for run in cohort.runs]
    billed = Counter[str]()
    for runs in histories:
        for events in runs:
            billed += actions_in(events)
    del billed["activity attempt"], billed["workflow start"]  # those are counted in the worker; this is the sale's
    asleep = cohort.began + ASLEEP
    billed += travelers.attempts_since(cohort.began)
    late = travelers.attempts_since(asleep).total()
    late += sum(event.event_time.ToDatetime(asleep.tzinfo) >= asleep for run in histories for event in run[-1])
    open_runs, closed = (
        [max(map(_size, runs)) for runs in histories],
        [sum(map(_size, runs[:-1])) for runs in histories],
    )
    last = [runs[-1] for runs in histories]
    return Month(
        name=cohort.kind.name,
        words=cohort.kind.words,
        lives=lives,
        days=WATCHED / DAY,
        actions={name: count / lives for name, count in sorted(billed.items())},
        looks=travelers.looks / lives,
        news=travelers.news / lives,
        calls={name: n / lives for name, n in travelers.sft.calls.items() if name not in NOT_OF_A_SALE},
        events=mean(sum(map(len, runs)) for runs in histories),
        longest_history=mean(max(map(len, runs)) for runs in histories),
        open_bytes=mean(open_runs),
        closed_bytes=mean(closed),
        delays=_delays(cohort),
        asleep_events=mean(map(len, last)),
        asleep_bytes=mean(map(_size, last)),
        asleep_actions=late / lives,
    )


def _delays(cohort: Cohort) -> dict[str, Delay]:
    found: dict[str, Delay] = {}
    for name, promised in cohort.kind.promised.items():
        lives = cohort.travelers.lives
        delays = [at - lives[one].happens[name] for one, told, at in cohort.travelers.told if told == name]
        found[name] = Delay(
            told=len(delays),
            late=sum(delay > promised + WORKING for delay in delays),
            longest_seconds=max(delays, default=timedelta(0)).total_seconds(),
            promised_seconds=promised.total_seconds(),
        )
    return found


def _size(events: Sequence[HistoryEvent]) -> int:
    return sum(event.ByteSize() for event in events)


async def _runs_of(client: Client, first: Run) -> list[list[HistoryEvent]]:
    """What each run did that came of one by continuing as new."""
    runs: list[list[HistoryEvent]] = []
    run_id = first.result_run_id
    while run_id:
        handle = client.get_workflow_handle(first.id, run_id=run_id)
        runs.append([*(await handle.fetch_history()).events])
        run_id = runs[-1][-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return runs
