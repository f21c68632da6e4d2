"""One order for many eSIMs: given to one after the other, at a rate that lets sales through.

What is done already is not done again, so that whoever was interrupted goes on by giving the same order for the same
eSIMs: the eSIMs themselves know what was done, and nothing else has to be kept.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from pydantic import Field, computed_field
from temporalio.service import RPCError, RPCStatusCode

from contract.failure import INVALID_REQUEST
from contract.message import Message
from seller.client import SellerClient
from seller.errors import RAISED, NoAnswer, SellerError, is_limit, not_found, seller_error
from seller.own_runs import claim_of
from seller.search import FoundSubscription
from seller.selection import OVER

IN_HAND: Final = 20
"""Orders that are under way at once. A slow SFT slows the whole down, and no queue of orders grows before it."""

LONGEST_SECONDS: Final = 300.0
"""How long an order keeps its place. One that takes longer goes on by itself, and is told as that."""

PAUSES: Final = (1.0, 2.0, 4.0, 8.0)
"""Before an order is sent again that nobody took, in seconds: a worker may be restarted meanwhile."""

NOBODY: Final = ("NoTemporalServer", "NoWorker")
"""Types of errors that may be about no eSIM in particular."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Target:
    """One eSIM that the order is for. ``esim`` is None for one that is named and that nobody knows; ``line`` is where
    it is named, from 1."""

    endpoint_id: str
    esim: FoundSubscription | None
    purchase_id: str | None = None
    product: str | None = None
    line: int | None = None

    @property
    def problem(self) -> SellerError | None:
        """Why it takes no order; None if it may."""
        if self.esim is None:
            return not_found(f"eSIM {self.endpoint_id}")
        if self.esim.status in OVER:
            why = f"{self.esim.subscription_id} is {self.esim.status}: it takes no orders any more"
            return SellerError(INVALID_REQUEST, why)
        return None


class BulkFailure(Message):
    """An eSIM that the order was not carried out for: the type and the message of the SellerError that says why."""

    line: int | None
    endpoint_id: str
    traveler_id: str | None
    purchase_id: str | None
    product: str | None
    type: str
    reason: str


class BulkReport(Message):
    """What became of an order for many."""

    order: str
    selected: int
    already: int = 0
    """eSIMs for which it had been carried out before."""
    done: int = 0
    going_on: int = 0
    """That took the order, and were not done with it when they were looked at last: they go on by themselves."""
    failed: list[BulkFailure] = Field(default_factory=list)
    is_interrupted: bool = False
    stopped: str | None = None
    """Why nothing more was begun; None if nothing stopped it."""

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorators of properties
    @property
    def not_begun(self) -> int:
        """Of which nobody knows yet: for these at least, the same order has to be given again."""
        return self.selected - self.already - self.done - self.going_on - len(self.failed)


class ManyOrders(ABC):
    """What is ordered, for each of many eSIMs. ``name`` is the order's."""

    name: str

    def seems_done(self, target: Target) -> bool:
        """Whether visibility shows it as done."""
        return False

    async def is_done(self, target: Target) -> bool:
        """Whether it was carried out before. Raises what SellerClient's parts raise."""
        return False

    @abstractmethod
    async def carry_out(self, target: Target, seconds: float) -> bool:
        """Has it carried out; False if it goes on after so many seconds. Raises what SellerClient's parts raise."""


class Bulk:
    """One order for many eSIMs. ``report`` is what became of it up to now, and ``to_do`` what there is to do."""

    def __init__(self, seller: SellerClient, orders: ManyOrders, targets: Sequence[Target], per_second: float) -> None:
        self._seller = seller
        self._orders = orders
        self._per_second = per_second
        self._next_turn = 0.0
        self._silent = 0
        self.report = BulkReport(order=orders.name, selected=len(targets))
        self.to_do: list[Target] = []
        for target in targets:
            if problem := target.problem:
                self._fail(target, problem)
            elif orders.seems_done(target):
                self.report.already += 1
            else:
                self.to_do.append(target)

    @property
    def seconds(self) -> float:
        """How long it takes at least."""
        return len(self.to_do) / self._per_second

    async def run(self, tell: Callable[[], None]) -> None:
        """Gives the order to one after the other, and calls ``tell`` whenever it is known what became of one.

        Whoever cancels it stops no order that was given: the report says how many go on.
        """
        left = iter(self.to_do)
        async with asyncio.TaskGroup() as group:
            for _ in range(IN_HAND):
                group.create_task(self._work(left, tell))

    async def _work(self, left: Iterator[Target], tell: Callable[[], None]) -> None:
        while self.report.stopped is None and (target := next(left, None)):
            await self._order(target)
            tell()

    async def _order(self, target: Target) -> None:
        try:
            if await self._patiently(lambda: self._is_done(target)):
                self.report.already += 1
                return
            await self._turn()
            try:
                is_done = await self._patiently(lambda: self._orders.carry_out(target, LONGEST_SECONDS))
            except asyncio.CancelledError:
                self.report.going_on += 1
                raise
        except RAISED as error:
            problem = seller_error(error)
            self._fail(target, problem)
            await self._stop_if_silent(problem)
        else:
            self._silent = 0
            self.report.done += is_done
            self.report.going_on += not is_done

    async def _is_done(self, target: Target) -> bool:
        # Whose an eSIM is, its own run says: search attributes are what whoever started some run said.
        run = self._seller.subscription_run(target.endpoint_id)
        claim = await claim_of(self._seller.server, run)
        if target.esim and target.esim.traveler_id not in (None, claim.subscription.traveler_id):
            raise not_found(run.id)
        return await self._orders.is_done(target)

    async def _patiently(self, ask: Callable[[], Awaitable[Result]]) -> Result:
        for pause in PAUSES:
            try:
                return await ask()
            except (NoAnswer, RPCError) as error:
                if not _passes(error):
                    raise
            await asyncio.sleep(pause)
        return await ask()

    async def _turn(self) -> None:
        now = time.monotonic()
        turn = max(self._next_turn, now)
        self._next_turn = turn + 1 / self._per_second
        await asyncio.sleep(turn - now)

    def _fail(self, target: Target, error: SellerError) -> None:
        self.report.failed.append(
            BulkFailure(
                line=target.line,
                endpoint_id=target.endpoint_id,
                traveler_id=target.esim.traveler_id if target.esim else None,
                purchase_id=target.purchase_id,
                product=target.product,
                type=error.type,
                reason=error.message,
            )
        )

    async def _stop_if_silent(self, problem: SellerError) -> None:
        """Begins nothing more where nobody is there to take it. One eSIM that does not answer stops no others."""
        if problem.type not in NOBODY:
            self._silent = 0
            return
        self._silent += 1
        # A worker that died is listed for five minutes more.
        if self._silent >= IN_HAND or not await self._is_somebody_there():
            self.report.stopped = problem.message

    async def _is_somebody_there(self) -> bool:
        try:
            return await self._seller.server.answers(self._seller.server.workers_poll())
        except (NoAnswer, RPCError):
            return False


def _passes(error: NoAnswer | RPCError) -> bool:
    """Whether it may be over in some seconds: a worker or the server starts anew, or Temporal is too busy."""
    if isinstance(error, RPCError):
        return is_limit(error) or error.status == RPCStatusCode.UNAVAILABLE
    return error.type in NOBODY
