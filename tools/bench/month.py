"""What an eSIM costs for as long as it lives: one add-on of 30 days that waits for 20 and is used up in 10, and then
nothing any more. Months pass in seconds, and every attempt of an activity is counted inside the worker."""

import itertools
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from temporalio.api.history.v1 import HistoryEvent
from temporalio.testing import WorkflowEnvironment

from contract.addon import Addon
from contract.purchase import EsimPurchase
from contract.workflow_ids import SUBSCRIPTION_TYPE
from tools.bench.inside import quiet_runtime, settings_for, working
from tools.bench.side import carried_over
from tools.bench.size import Size
from tools.bench.skipping import exactly, skipping
from tools.bench.table import Goal, Row, over
from tools.bench.weigh import BARE, lasting_bytes
from tools.bench.world import DAY, World, actions_of, runs_of
from tools.simulator.plan import GIGABYTE, Plan
from tools.simulator.platform import Platform
from tools.simulator.server import serving

GROUP: Final = "A month of an eSIM"

ORDINARY: Final = "billable actions of an ordinary 30-day add-on"
CALLBACKS: Final = "the same where SFT's callbacks are configured"
HISTORY: Final = "history of the add-on"
DORMANT_ACTIONS: Final = "billable actions of a dormant eSIM in a month"
DORMANT_HISTORY: Final = "history of a dormant eSIM"

MONTH: Final = Goal(110, "at most")
CALLED_BACK: Final = Goal(60, "at most")
NOTHING: Final = Goal(0, "at most")
FEW_EVENTS: Final = Goal(9, "at most")
SMALL: Final = Goal(1999, "at most")

WAITS: Final = 20 * DAY
LASTS: Final = 9.9 * DAY
"""How long it is used then: ten days, but that no look comes just when a mark is reached."""
ANNOUNCED: Final = (WAITS + timedelta(minutes=1), WAITS + LASTS + timedelta(minutes=1))
"""When SFT's callbacks tell that it is used, and that it is used up."""
OVER: Final = 60 * DAY
"""When all of it has long been over."""
DORMANT: Final = 30 * DAY

TASK_QUEUE: Final = "month"
PLAN: Final = Plan(plan_id="PLAN-MONTH", name="Month", granted_bytes=GIGABYTE, validity_days=30)


class Life(NamedTuple):
    """What was billed until it was over, and in a month after that; and the runs that there were."""

    actions: Counter[str]
    dormant: Counter[str]
    runs: list[list[HistoryEvent]]

    @property
    def awake(self) -> list[HistoryEvent]:
        """All that is in histories until it sleeps."""
        return [event for run in self.runs[:-1] for event in run]

    @property
    def asleep(self) -> list[HistoryEvent]:
        """The history that it sleeps with."""
        return self.runs[-1]


async def month(size: Size) -> list[Row]:
    """Actions and sizes, on a server that skips the time, without e-mail and webhook."""
    async with skipping() as environment:
        with exactly():
            plain = [await _lived(environment, ()) for _ in range(size.few_rounds)]
            called_back = [await _lived(environment, ANNOUNCED) for _ in range(size.few_rounds)]
    dormant = [life.dormant.total() for life in plain]
    return [
        *_bill(ORDINARY, plain, MONTH),
        *_bill(CALLBACKS, called_back, CALLED_BACK),
        *_history(HISTORY, [life.awake for life in plain]),
        over(GROUP, DORMANT_ACTIONS, "", dormant, NOTHING),
        *_history(DORMANT_HISTORY, [life.asleep for life in plain], FEW_EVENTS),
        over(GROUP, "state of a dormant eSIM", "bytes", [_state_bytes(life.asleep) for life in plain], SMALL),
    ]


def _history(what: str, histories: Sequence[Sequence[HistoryEvent]], goal: Goal | None = None) -> list[Row]:
    return [
        over(GROUP, what, "events", [len(events) for events in histories], goal),
        over(GROUP, f"{what} {BARE}", "bytes", [lasting_bytes(events) for events in histories]),
    ]


def _bill(what: str, lives: Sequence[Life], goal: Goal) -> list[Row]:
    kinds = sorted(set[str]().union(*(life.actions for life in lives)))
    return [
        over(GROUP, what, "", [life.actions.total() for life in lives], goal),
        *(over(GROUP, f"{what}: of them {kind}", "", [life.actions[kind] for life in lives]) for kind in kinds),
    ]


def _state_bytes(events: Sequence[HistoryEvent]) -> int:
    """Of what the run began with."""
    return events[0].workflow_execution_started_event_attributes.input.ByteSize()


async def _lived(environment: WorkflowEnvironment, announced: Sequence[timedelta]) -> Life:
    platform = Platform(esims=1, plans=[PLAN])
    world = World(platform, lambda day: day / (LASTS / DAY), waits=WAITS)
    endpoint_id = platform.endpoints[0].endpoint_id
    platform.set_status(endpoint_id, "Active")
    world.instance = platform.add_foreign_addon(endpoint_id, PLAN.plan_id)
    async with serving(platform) as address:
        settings = settings_for(TASK_QUEUE, address, sft_callbacks=bool(announced))
        async with working(environment.client, settings, [world], runtime=quiet_runtime()):
            bought = [_bought(world.instance.unique_id)]
            state = carried_over(endpoint_id, PURCHASE, bought, platform.endpoints[0].iccid)
            state.next_look = datetime.now(UTC)
            run = await environment.client.start_workflow(
                SUBSCRIPTION_TYPE, state, id=state.subscription.subscription_id, task_queue=TASK_QUEUE
            )
            for moment, next_one in itertools.pairwise([timedelta(0), *announced, OVER]):
                await environment.sleep(next_one - moment)
                if next_one in announced:
                    await run.signal("look_soon")
            runs = await runs_of(run)
            actions = actions_of(runs, world.attempts)
            await environment.sleep(DORMANT)
            later = await runs_of(run)
            dormant = actions_of(later, world.attempts) - actions
            # Else it would go on living in the next one's time.
            await environment.client.get_workflow_handle(run.id).terminate()
            return Life(actions, dormant, later)


PURCHASE: Final = EsimPurchase(purchase_id="B-1", traveler_id="T-1", product=PLAN.name, plan_id=PLAN.plan_id)


def _bought(unique_id: str) -> Addon:
    bought = PURCHASE.model_dump(include={"purchase_id", "product", "plan_id"})
    return Addon(**bought, unique_id=unique_id, status="provisioned")
