"""Whether a product could be sold just now, to be asked before the money is taken. It promises nothing."""

import time
from typing import Final, Literal

from temporalio.client import WorkflowFailureError
from temporalio.common import WorkflowIDConflictPolicy

from contract.message import Message
from contract.plan import PlanAnswer, PlanQuestion
from contract.subscription import ShownSubscription
from contract.workflow_ids import LOOK_UP_PLAN_TYPE, look_up_plan_id
from seller.errors import SellerError, failed
from seller.server import Server
from seller.server_client import ServerClient
from seller.stock import LONGEST, PATIENCE_SECONDS, StockCounter
from seller.waiting import within
from temporal.data_converter import first_key

PLAN_SECONDS: Final = 600.0
"""How long what SFT says of a plan is kept: an account's plans change with its contract."""

MOST_PLANS: Final = 1000
"""Whose answer is kept."""

NO_PROMISE: Final = "That promises nothing: it may have changed by the time that the purchase is there"


Obstacle = Literal["NoEsimAvailable", "AddonRejected", "Cancelled", "Suspended", "Terminated"]


class Check(Message):
    """Whether a product could be sold just now, and one sentence about it. It reserves nothing and promises nothing."""

    possible: bool
    reason: Obstacle | None = None
    """Why not: in most cases the failure type of the contract that a purchase would end with."""
    detail: str


class Checks(ServerClient):
    """Checks what is about to be bought.

    Its methods raise NoAnswer, RPCError and Undecipherable, too: see ServerClient.
    """

    def __init__(self, server: Server, stock: StockCounter) -> None:
        super().__init__(server)
        self._stock = stock
        self._plans: dict[str, tuple[float, PlanAnswer]] = {}

    async def first_esim(self, plan_id: str) -> Check:
        """Whether an eSIM with this plan could be sold: an eSIM is in stock, and the account has the plan.

        Raises a SellerError: ``NotCounted`` if the stock is not counted in time, a failure of the contract if SFT does
        not say.
        """
        stock = await self._stock.count()
        if not stock.available:
            return _no("NoEsimAvailable", "No eSIM is in stock: a purchase would wait until there is one")
        return await self._with_plan(plan_id, "An eSIM is in stock")

    async def addon(self, esim: ShownSubscription, plan_id: str) -> Check:
        """Whether an add-on of this plan could be put on an eSIM: it is active, or would be once that is bought, and
        the account has the plan. Raises a SellerError if no worker answers in time.
        """
        if esim.status == "closed":
            return _no("Cancelled", "The eSIM is closed, for good: another plan needs another eSIM")
        if esim.status == "terminated":
            return _no("Terminated", "The eSIM was ended from outside: the operator has to restore it first")
        if esim.status == "suspended" and _is_suspended_on_order(esim):
            return _no("Suspended", "The eSIM is suspended: an add-on would wait until it is resumed")
        return await self._with_plan(plan_id, "The eSIM can take an add-on")

    async def _with_plan(self, plan_id: str, otherwise: str) -> Check:
        plan = await self._plan(plan_id)
        if plan.is_listed is False:
            return _no("AddonRejected", f"SFT does not list {plan_id} among the account's plans: it would be refused")
        account = "the account has the plan" if plan.is_listed else "SFT does not say whether the account has the plan"
        return Check(possible=True, detail=f"{otherwise}, and {account}. {NO_PROMISE}")

    async def _plan(self, plan_id: str) -> PlanAnswer:
        kept = self._plans.get(plan_id)
        if kept and time.monotonic() - kept[0] < PLAN_SECONDS:
            return kept[1]
        answer = await self._ask(plan_id)
        self._plans.pop(plan_id, None)
        if answer.is_listed is not None:
            self._plans[plan_id] = (time.monotonic(), answer)
        if len(self._plans) > MOST_PLANS:
            del self._plans[next(iter(self._plans))]
        return answer

    async def _ask(self, plan_id: str) -> PlanAnswer:
        run = await self._server.answers(
            self._client.start_workflow(
                LOOK_UP_PLAN_TYPE,
                PlanQuestion(plan_id=plan_id),
                id=look_up_plan_id(self._server.task_queue, plan_id, first_key(self._client.data_converter)),
                execution_timeout=LONGEST,
                task_queue=self._server.task_queue,
                result_type=PlanAnswer,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            )
        )
        try:
            answer: PlanAnswer = await within(PATIENCE_SECONDS, run.result())
        except TimeoutError:
            sentence = "No worker has looked the plan up within a few seconds: either none works, or SFT takes its time"
            raise SellerError("NotCounted", sentence) from None
        except WorkflowFailureError as failure:
            raise failed(f"Looking up the plan {plan_id}", failure.cause) from None
        return answer


def _is_suspended_on_order(esim: ShownSubscription) -> bool:
    """And not by itself, because nothing was left on it: then the next purchase has it active again."""
    done = [order.order for order in esim.orders if order.order in ("suspend", "resume") and order.outcome == "done"]
    return done[-1:] == ["suspend"]


def _no(reason: Obstacle, sentence: str) -> Check:
    return Check(possible=False, reason=reason, detail=sentence)
