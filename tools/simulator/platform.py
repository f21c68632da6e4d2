"""The platform: endpoints, tokens, faults and journal together. There is no HTTP in it."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterable, Sequence
from datetime import datetime
from typing import Literal

from pydantic import SecretStr

from sft.transcript import Recorded
from tools.simulator.call import Call
from tools.simulator.chaos import Chaos
from tools.simulator.clock import Clock
from tools.simulator.endpoint import STRANGER, AddonInstance, Endpoint, Status
from tools.simulator.endpoint_store import FIRST_ENDPOINT, EndpointStore
from tools.simulator.fault import Fault, Orders
from tools.simulator.habits.catalog import Habits
from tools.simulator.journal import Entry, Journal
from tools.simulator.ledger import Ledger, ledger_of
from tools.simulator.likeness import Likeness
from tools.simulator.plan import DEFAULT_PLANS, Plan, plan_named
from tools.simulator.postponed import Postponed
from tools.simulator.tokens import Tokens
from tools.simulator.usage import Usage

PlanShape = Literal["object", "list", "alternating"]


class Platform:
    """An SFT account with its stock of eSIMs. Nothing in it awaits while it changes state.

    ``token_seconds`` is the life of an access token, ``latency_ms`` the time from a call's work to its answer,
    ``plan_shape`` how SubscribeAddon's answer shows its plan, ``newest_first`` in which order a profile lists add-ons
    (nothing says which it is), ``first_endpoint`` the first endpoint's id, ``keeps_ended`` whether a one-time
    add-on that is used up or expired stays on its endpoint, ``habits`` how it differs from what is assumed of it,
    ``transcript`` whose answers it gives its own the form of. Plans may be given by their ids alone.
    """

    def __init__(
        self,
        *,
        esims: int = 20,
        plans: Sequence[Plan | str] = DEFAULT_PLANS,
        token_seconds: float = 300,
        latency_ms: float = 0,
        username: str = "demo",
        password: str = "demo-password",
        plan_shape: PlanShape = "object",
        newest_first: bool = False,
        first_endpoint: int = FIRST_ENDPOINT,
        keeps_ended: bool = False,
        habits: Iterable[str] = (),
        transcript: Iterable[Recorded] = (),
    ) -> None:
        known = [plan if isinstance(plan, Plan) else plan_named(plan) for plan in plans]
        self.clock = Clock()
        self.habits = Habits(habits)
        self.likeness = Likeness(transcript)
        self.usage = Usage(self.now, keeps_ended=keeps_ended, habits=self.habits)
        self.store = EndpointStore(known, self.now, self.usage, first_endpoint)
        self.tokens = Tokens(token_seconds)
        self.journal = Journal()
        self.postponed = Postponed()
        self.chaos: Chaos | None = None
        self.latency_seconds = latency_ms / 1000
        self.plan_shape = plan_shape
        self.newest_first = newest_first
        self._username = username
        self._password = SecretStr(password)
        self._orders = Orders()
        self.order(*self.likeness.faults)
        self._late: set[asyncio.Task[None]] = set()
        self.add_esims(esims)

    def now(self) -> datetime:
        """The platform's time, UTC: that of ``clock``. Tokens alone live by the real one."""
        return self.clock.now()

    @property
    def endpoints(self) -> list[Endpoint]:
        """Every endpoint, in the order in which fetchSIM lists them."""
        return [self.store.endpoint(endpoint_id) for endpoint_id in self.store.endpoints]

    def with_iccid(self, iccid: str) -> list[Endpoint]:
        """The endpoint of this SIM; none if there is none."""
        return [endpoint] if (endpoint := self.store.with_iccid(iccid)) else []

    @property
    def calls(self) -> Counter[str]:
        """How many calls arrived, by name."""
        return self.journal.calls

    @property
    def faults(self) -> Counter[str]:
        """How many calls were hit, by kind of fault."""
        return self.journal.faults

    @property
    def log(self) -> list[Entry]:
        """Every call, in order of arrival."""
        return self.journal.log

    def ledger(self) -> Ledger:
        """A copy of the state and of everything that was done, as plain JSON and without secrets."""
        return ledger_of(self.endpoints, self.journal)

    def endpoint(self, endpoint_id: str) -> Endpoint:
        """The endpoint of that id. Raises Refused if there is none."""
        return self.store.endpoint(endpoint_id)

    def add_esims(self, count: int) -> list[Endpoint]:
        """Add stock: ``count`` Pre-Active eSIMs, listed after those that are there."""
        return self.store.add_esims(count)

    def add_sold(self, count: int, plan_ids: Sequence[str]) -> list[Endpoint]:
        """Add eSIMs that were sold elsewhere: no call ever meets them in stock. Raises Refused for an unknown plan."""
        return self.store.add_sold(count, plan_ids)

    def set_status(self, endpoint_id: str, status: Status) -> None:
        """A stranger's act: the endpoint gets this status. Raises Refused for an unknown endpoint."""
        self.store.set_status(endpoint_id, status, STRANGER)

    def set_attached(self, endpoint_id: str, attached: bool) -> None:
        """A stranger's act: the endpoint loses its SIM or gets it back. Raises Refused if it is unknown."""
        self.store.set_attached(endpoint_id, attached)

    def add_foreign_addon(self, endpoint_id: str, plan_id: str) -> AddonInstance:
        """A stranger's act: one more instance. Raises Refused for an unknown endpoint or plan."""
        return self.store.subscribe(endpoint_id, plan_id, STRANGER)

    def use(self, endpoint_id: str, bytes_: int, unique_id: str | None = None) -> int:
        """Traffic: how many of the bytes were carried; the rest is dropped. 0 bytes can be a first use, too.

        It eats from the instance of that id, or else from all in order of purchase: those in use first, then the next
        that waits, whose validity begins. Raises Refused if the endpoint or the instance is unknown, or the endpoint
        not active, and ValueError for less than 0 bytes.
        """
        return self.usage.use(self.store.endpoint(endpoint_id), bytes_, unique_id)

    def reset_password(self, password: str) -> None:
        """From now on, the account has another one."""
        self._password = SecretStr(password)

    def knows(self, username: str, password: str) -> bool:
        """Whether these are the account's credentials."""
        return (username, password) == (self._username, self._password.get_secret_value())

    def order(self, *faults: Fault) -> None:
        """Order faults for calls to come."""
        for fault in faults:
            self._orders.add(fault)

    def clear_faults(self) -> None:
        """Forget the ordered faults. Chaos goes on."""
        self._orders.clear()

    def fault_for(self, call: Call, endpoint_id: str | None) -> Fault | None:
        """The fault that hits this call: an ordered one, or else one of the chaos."""
        ordered = self._orders.take(call, endpoint_id)
        if ordered is None and self.chaos is not None:
            return self.chaos.take(call, endpoint_id)
        return ordered

    def work_late(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Start work that goes on whether or not its caller is still there."""
        task = asyncio.create_task(work)
        self._late.add(task)
        task.add_done_callback(self._late.discard)
        return task

    async def late_work_done(self) -> None:
        """Wait until no late work is outstanding, but for what waits for further calls."""
        while self._late:
            await asyncio.wait(self._late)

    async def abandon_late_work(self) -> None:
        """Cancel the late work that is outstanding."""
        self.postponed.clear()
        outstanding = list(self._late)
        for task in outstanding:
            task.cancel()
        await asyncio.gather(*outstanding, return_exceptions=True)
