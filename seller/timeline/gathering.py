"""The runs that belong to what somebody asks about, with their histories; and the timeline that is told from them."""

from collections.abc import AsyncIterator, Iterable
from typing import Final

from pydantic import ValidationError
from temporalio.client import WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from contract.purchase import ClaimedFor, EsimPurchase
from contract.search_attributes import FIRST_PURCHASE_ID
from contract.workflow_ids import (
    PROVISION_TYPE,
    SUBSCRIPTION_TYPE,
    adoption_id,
    endpoint_id_of,
    is_subscription_id,
    provision_id,
    subscription_id,
)
from seller.errors import not_found
from seller.past_sales import is_purchase_id
from seller.search import listed
from seller.server import Server
from seller.timeline.fact import Fact, KnownRun, Timeline
from seller.timeline.opened import OpenedRun, opened
from seller.timeline.run_facts import facts_of
from seller.timeline.wanted import MOST_LISTED, SUBSCRIPTIONS, Wanted, wanted
from temporal.digests import Digests
from temporal.visibility import quoted

TELL: Final = "tell-"

RUNNING: Final = WorkflowExecutionStatus.RUNNING


async def timeline(server: Server, name: str, digests: Digests) -> Timeline:
    """Everything that the server knows of a purchase, a top-up, an eSIM, a traveler, an ICCID or an address.

    Raises a SellerError, ``NotFound``, if that is nothing; NoAnswer if the server does not answer in time.
    """
    what = await wanted(server, name, digests)
    gathering = Gathering(server, what)
    await gathering.all()
    if not gathering.known:
        raise not_found(name)
    facts = sorted(
        (fact for runs in gathering.runs.values() for fact in facts_of(runs) if _is_wanted(fact, what)),
        key=lambda fact: (fact.is_open, fact.at),
    )
    if what.about:
        facts = _from_purchase_on(facts, what.about)
    known = sorted(gathering.known, key=lambda run: run.started)
    return Timeline(asked=name, runs=known, facts=facts, gaps=gathering.gaps)


def _is_wanted(fact: Fact, what: Wanted) -> bool:
    return what.about is None or fact.about in (None, what.about)


def _from_purchase_on(facts: list[Fact], purchase_id: str) -> list[Fact]:
    first = next((number for number, fact in enumerate(facts) if fact.about == purchase_id), 0)
    return facts[first:]


class Gathering:
    """Runs by their workflow ids, each oldest first."""

    def __init__(self, server: Server, what: Wanted) -> None:
        self._server = server
        self._what = what
        self.runs: dict[str, list[OpenedRun]] = {}
        self.known: list[KnownRun] = []
        self.gaps: list[str] = []

    async def all(self) -> None:
        """The sales, then what they claimed and who told of them, then the eSIMs, and what they were sold by."""
        for workflow_id in self._what.helpers:
            await self._gather(workflow_id)
        for purchase_id in sorted(self._what.purchases):
            await self._sale(purchase_id)
        for endpoint_id in sorted(self._what.endpoints):
            runs = await self._gather(subscription_id(endpoint_id)) or await self._missed(subscription_id(endpoint_id))
            if not self._what.only_purchases:
                await self._gather(adoption_id(endpoint_id))
                await self._gather(f"suspend-unowned-{endpoint_id}")
                if runs and (first := _claimed_by(runs[-1])) and not self._what.about:
                    await self._sale(first)

    async def _missed(self, workflow_id: str) -> list[OpenedRun]:
        """Says of an eSIM that was claimed, and of which there is no run, that there is none."""
        if await self._described(workflow_id) is None:
            kept = await self._server.kept()
            gone = f"it ended {kept} ago, or somebody deleted it, and there is nothing to restore"
            self.gaps.append(f"Temporal knows nothing of {workflow_id} any more: {gone}.")
        return []

    async def _sale(self, purchase_id: str) -> None:
        """A first purchase, what it claimed, and what told the portal that it did not go well."""
        children = [child for run in await self._gather(provision_id(purchase_id)) for child in _children(run)]
        for child in dict.fromkeys(children):
            if is_subscription_id(child):
                self._what.endpoints.add(endpoint_id_of(child))
            elif child.startswith(TELL):
                await self._gather(child)
        if is_purchase_id(purchase_id):
            query = f"{SUBSCRIPTIONS} AND {FIRST_PURCHASE_ID.name} = '{purchase_id}'"
            self._what.endpoints |= {endpoint_id_of(run.id) for run in await listed(self._server, query, MOST_LISTED)}

    async def _gather(self, workflow_id: str) -> list[OpenedRun]:
        """All runs of an id that are what it says, the newest last."""
        if workflow_id in self.runs:
            return self.runs[workflow_id]
        found = [run async for run in self.runs_of(workflow_id)]
        found.sort(key=lambda run: run.began)
        self.runs[workflow_id] = [run for run in found if self.belongs(run)]
        for run in self.runs[workflow_id]:
            self.gaps += [f"Parts of {workflow_id} cannot be read: what is there {why}." for why in run.sealed]
        self.gaps = list(dict.fromkeys(self.gaps))
        return self.runs[workflow_id]

    async def runs_of(self, workflow_id: str) -> AsyncIterator[OpenedRun]:
        """Those that visibility lists, and those that it may not list yet: the newest, and what that continues."""
        newest = await self._described(workflow_id)
        if newest is None:
            return
        query = f"WorkflowId = {quoted(workflow_id)}"
        waiting = [newest.run_id, *(run.run_id for run in await listed(self._server, query, MOST_LISTED))]
        seen = set[str]()
        while waiting:
            run_id = waiting.pop(0)
            if not run_id or run_id in seen:
                continue
            seen.add(run_id)
            run = await self._run(workflow_id, run_id)
            if run is None:
                kept = await self._server.kept()
                forgotten = f"Temporal has forgotten run {run_id} of {workflow_id}, which ended {kept} ago"
                self.gaps.append(f"{forgotten}: what was before is not told.")
                continue
            yield run
            waiting += [run.reset_from, run.started.continued_execution_run_id]

    async def _described(self, workflow_id: str, run_id: str | None = None) -> WorkflowExecutionDescription | None:
        return await self._server.description(self._server.client.get_workflow_handle(workflow_id, run_id=run_id))

    async def _run(self, workflow_id: str, run_id: str) -> OpenedRun | None:
        description = await self._described(workflow_id, run_id)
        if description is None:
            return None
        handle = self._server.client.get_workflow_handle(workflow_id, run_id=run_id)
        try:
            history = await self._server.answers(handle.fetch_history())
        except RPCError as error:
            if error.status != RPCStatusCode.NOT_FOUND:
                raise
            return None
        pending = description.raw_description.pending_activities if description.status == RUNNING else ()
        run = await opened(self._server.client, workflow_id, run_id, history.events, pending)
        if self.belongs(run):
            status = description.status.name.lower() if description.status else "unknown"
            started = description.start_time
            self.known.append(KnownRun(workflow_id=workflow_id, run_id=run_id, status=status, started=started))
        return run

    def belongs(self, run: OpenedRun) -> bool:
        """Whether it is this seller's, what its id says, and of a purchase that is asked about, where it is asked about
        purchases. One that nobody here can read is not left out."""
        if run.started.task_queue.name != self._server.task_queue or not _fits(run):
            return False
        if run.workflow_type != SUBSCRIPTION_TYPE:
            return True
        if self._what.is_theirs and run.given and not self._what.is_theirs(run.given):
            return False
        if not self._what.only_purchases:
            return True
        return _claimed_by(run) in (None, *self._what.purchases)


def _fits(run: OpenedRun) -> bool:
    """Whoever may start runs can give one any id and input: nothing is told of one in which they contradict another."""
    given = run.given
    if not given:
        return bool(run.sealed) or run.workflow_type not in (PROVISION_TYPE, SUBSCRIPTION_TYPE)
    try:
        if run.workflow_type == SUBSCRIPTION_TYPE:
            return ClaimedFor.model_validate(given).fits(run.workflow_id)
        if run.workflow_type == PROVISION_TYPE:
            return run.workflow_id == provision_id(EsimPurchase.model_validate(given).purchase_id)
    except ValidationError:
        return False
    return True


def _claimed_by(run: OpenedRun) -> str | None:
    purchase_id = (run.given.get("purchase") or {}).get("purchase_id")
    return str(purchase_id) if purchase_id else None


def _children(run: OpenedRun) -> Iterable[str]:
    for event in run.events:
        if event.HasField("start_child_workflow_execution_initiated_event_attributes"):
            yield event.start_child_workflow_execution_initiated_event_attributes.workflow_id
