"""Activities of the audit: a page of SFT's list or of the subscriptions each, and a second look at what they show.

Each makes one call to SFT at most, but for ``suspend_unowned``, which looks first, and leaves SFT alone for a moment
after it: an audit is nobody's hurry.
"""

import asyncio
import base64
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final, NamedTuple, cast

from temporalio import activity
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.exceptions import ApplicationError

from activities.failures import SFT_UNANSWERED, as_application_errors
from activities.inventory import WIDER_LOOK
from activities.messages import CheckedFinding, SeenSims, SeenSubscriptions, SimsPage, SubscriptionsPage
from contract.audit import ENDPOINT_ID, Finding, FindingKind, SuspendedUnowned, UnownedEndpoint
from contract.memo import UNMATCHED
from contract.search_attributes import STATUS
from contract.subscription import ShownStatus, Subscription
from contract.workflow_ids import SUBSCRIPTION_TYPE, endpoint_id_of, subscription_id
from sft.client import SftClient
from sft.errors import Rejected
from sft.models import EndpointProfile, LifeCycle, Reason
from sft.states import ACTIVE, SUSPENDED, is_state
from temporal.description import description_of
from temporal.ended_outside import CONDITION, ENDED_OUTSIDE, not_brought_back
from temporal.visibility import on_task_queue, quoted

PAUSE_SECONDS: Final = 1.0
"""How long SFT is left alone after each call: an audit of 20,000 endpoints takes some minutes, and sales go on."""

SUBSCRIPTIONS_A_PAGE: Final = 500

LONGEST_WORD: Final = 40
"""Of SFT's for a state, that is repeated."""

MOST_UNIQUE_IDS: Final = 5
"""Of one endpoint, that are told."""

QUERY_LIMIT: Final = timedelta(seconds=10)
"""How long a subscription is given to answer."""


class Here(NamedTuple):
    """How the last run of an endpoint's subscription stands; ``is_final`` unless it goes on by itself."""

    status: ShownStatus | None
    is_final: bool = True
    subscription: Subscription | None = None


NOBODY: Final = Here(None)


def kind_of(here: Here, at_sft: str | None) -> FindingKind | None:
    """What is wrong with an endpoint that is in this state at SFT, None where SFT does not know it; None if nothing."""
    is_active = is_state(at_sft, ACTIVE)
    match here.status:
        case None:
            return "active_without_owner" if is_active else None
        case "terminated":
            return "terminated"
        case "active":
            if is_active:
                return None
            return "suspended_though_active" if is_state(at_sft, SUSPENDED) else "owner_without_endpoint"
        case "suspended":
            return "active_though_suspended" if is_active else None
        case "closed" if here.is_final:
            return "active_though_closed" if is_active else None
        case "quarantined" if here.is_final:
            return "active_though_quarantined" if is_active else None
    return None  # it is being sold or cleaned up: its workflow sees to it


class AuditActivities:
    """Reads from SFT and from the Temporal server; ``suspend_unowned`` alone changes something."""

    def __init__(self, sft: SftClient, client: Client) -> None:
        self._sft = sft
        self._client = client

    @activity.defn
    async def list_sims(self, page: SimsPage) -> SeenSims:
        """A page of SFT's list, each endpoint held against its subscription as visibility has it.

        Raises:
            ApplicationError: ``SftUnavailable``, ``SftUnanswered`` or ``SftAuthenticationFailed``.
        """
        async with self._politely():
            sims = await self._sft.fetch_attached_sims(page.page, WIDER_LOOK)
        readable = {sim.endpoint_id: sim for sim in sims if sim.endpoint_id and re.match(ENDPOINT_ID, sim.endpoint_id)}
        seen = SeenSims(
            endpoint_ids=list(readable),
            listed=Counter(_word(sim.status) for sim in sims),
            unreadable=len(sims) - len(readable),
        )
        owners = await self._listed(readable) if readable else {}
        for endpoint_id, sim in readable.items():
            here = owners.get(endpoint_id, NOBODY)
            kind = kind_of(here, sim.status)
            finding = kind and Finding(kind=kind, endpoint_id=endpoint_id, here=here.status, at_sft=_word(sim.status))
            if finding is None or finding.kind == "terminated":  # those are listed with the subscriptions
                continue
            if finding.kind != "active_without_owner":
                seen.doubted.append(finding)
            elif (await self._last_run(endpoint_id)) is NOBODY:  # visibility lags, and whoever sells it claims it first
                seen.found.append(finding)
        return seen

    @activity.defn
    async def list_subscriptions(self, page: SubscriptionsPage) -> SeenSubscriptions:
        """A page of the subscriptions of this task queue that live, or were ended from outside."""
        runs, token = await self._page(page.token)
        ended = [run for run in runs if run.status in ENDED_OUTSIDE]
        lost = await not_brought_back(self._client, ended)
        alive = [run for run in runs if run.status not in ENDED_OUTSIDE]
        strange = [run for run in alive if UNMATCHED in run.raw_info.memo.fields]
        return SeenSubscriptions(
            count=len(alive) + len(lost),
            active=[endpoint_id_of(run.id) for run in alive if run.typed_search_attributes.get(STATUS) == "active"],
            token=token,
            found=[Finding(kind="terminated", endpoint_id=endpoint_id_of(run.id), here="terminated") for run in lost],
            doubted=[Finding(kind="unmatched", endpoint_id=endpoint_id_of(run.id)) for run in strange],
        )

    @activity.defn
    async def check_finding(self, doubted: Finding) -> CheckedFinding:
        """Looks once more: at the subscription, at SFT, and at the subscription again, which has to be as it was.

        Raises:
            ApplicationError: ``SftUnavailable``, ``SftUnanswered`` or ``SftAuthenticationFailed``.
            RPCError, WorkflowQueryFailedError: if the subscription does not answer.
        """
        endpoint_id = doubted.endpoint_id or ""
        before = await self._last_run(endpoint_id)
        profile = await self._profile(endpoint_id)
        here = await self._last_run(endpoint_id)
        if here.status != before.status:
            return CheckedFinding()
        at_sft = _state_in(profile)
        if doubted.kind == "unmatched":
            finding = _unmatched(here, profile)
        else:
            kind = kind_of(here, at_sft)
            finding = Finding(kind=kind) if kind else None
        about = {"endpoint_id": endpoint_id, "here": here.status, "at_sft": at_sft}
        return CheckedFinding(finding=finding and finding.model_copy(update=about))

    @activity.defn
    async def suspend_unowned(self, endpoint: UnownedEndpoint) -> SuspendedUnowned:
        """Suspends an endpoint that is active and nobody's here. Idempotent.

        A purchase claims an endpoint before it activates it: one that is active and has no owner after that is not
        being sold.

        Raises:
            ApplicationError: ``SftUnavailable`` (also where SFT refuses), ``SftUnanswered`` or
                ``SftAuthenticationFailed``.
        """
        profile = await self._profile(endpoint.endpoint_id)
        at_sft = _state_in(profile)
        if not is_state(at_sft, ACTIVE):
            return SuspendedUnowned(was_suspended=False, why_not=f"it is {at_sft or 'not known'} at SFT")
        here = await self._last_run(endpoint.endpoint_id)
        if here.status not in (None, "closed", "quarantined") or not here.is_final:
            return SuspendedUnowned(was_suspended=False, why_not=f"its subscription is {here.status}: that acts on it")
        async with self._politely():
            await self._sft.change_lifecycle(endpoint.endpoint_id, LifeCycle.SUSPENDED, Reason.SYSTEM)
        return SuspendedUnowned(was_suspended=True)

    async def _profile(self, endpoint_id: str) -> EndpointProfile | None:
        """None if SFT does not know the endpoint."""
        async with self._politely():
            try:
                return await self._sft.get_endpoint_profile(endpoint_id)
            except Rejected:
                return None

    @asynccontextmanager
    async def _politely(self) -> AsyncIterator[None]:
        try:
            with as_application_errors():
                yield
        finally:
            await asyncio.sleep(PAUSE_SECONDS)

    async def _listed(self, endpoint_ids: Iterable[str]) -> dict[str, Here]:
        """The last runs of these endpoints' subscriptions, as visibility has them."""
        last: dict[str, WorkflowExecution] = {}
        ids = [quoted(subscription_id(endpoint_id)) for endpoint_id in endpoint_ids]
        for first in range(0, len(ids), WIDER_LOOK):  # SFT may list more than it is asked for
            among = ", ".join(ids[first : first + WIDER_LOOK])
            query = f"WorkflowType = '{SUBSCRIPTION_TYPE}' AND WorkflowId IN ({among})"
            async for run in self._client.list_workflows(query):
                if run.id not in last or run.start_time > last[run.id].start_time:
                    last[run.id] = run
        return {endpoint_id_of(run.id): _here(run) for run in last.values()}

    async def _page(self, token: str) -> tuple[Sequence[WorkflowExecution], str]:
        found = self._client.list_workflows(
            f"WorkflowType = '{SUBSCRIPTION_TYPE}' AND {on_task_queue(activity.info().task_queue)} "
            f"AND (ExecutionStatus = 'Running' OR {CONDITION})",
            page_size=SUBSCRIPTIONS_A_PAGE,
            next_page_token=base64.b64decode(token) or None,
        )
        await found.fetch_next_page()
        return found.current_page or [], base64.b64encode(found.next_page_token or b"").decode()

    async def _last_run(self, endpoint_id: str) -> Here:
        """How the last run stands, by the run itself."""
        handle = self._client.get_workflow_handle(subscription_id(endpoint_id))
        run = await description_of(handle)
        if run is None:
            return NOBODY
        if run.status != WorkflowExecutionStatus.RUNNING:
            return _here(run)
        subscription: Subscription = await handle.query(
            "subscription", result_type=Subscription, rpc_timeout=QUERY_LIMIT
        )
        return Here(subscription.status, is_final=False, subscription=subscription)


def _here(run: WorkflowExecution) -> Here:
    """How a run stands, by what it is found by."""
    if run.status in ENDED_OUTSIDE:
        return Here("terminated")
    if run.status in (WorkflowExecutionStatus.FAILED, WorkflowExecutionStatus.CONTINUED_AS_NEW):
        return NOBODY
    status = cast("ShownStatus", run.typed_search_attributes.get(STATUS))
    return Here(status, is_final=run.status != WorkflowExecutionStatus.RUNNING)


def _unmatched(here: Here, profile: EndpointProfile | None) -> Finding | None:
    """The instances that the last reading found and nobody bought, as far as they are still there."""
    there = {instance.unique_id for instance in profile.instances} if profile else set[str | None]()
    unmatched = here.subscription.unmatched if here.subscription else []
    unique_ids = [unique_id for unique_id in unmatched if unique_id in there][:MOST_UNIQUE_IDS]
    return Finding(kind="unmatched", unique_ids=unique_ids) if unique_ids else None


def _state_in(profile: EndpointProfile | None) -> str | None:
    """None if SFT does not know the endpoint. Raises ApplicationError, ``SftUnanswered``, if it does not tell."""
    if profile is None:
        return None
    if profile.status is None:
        raise ApplicationError("SFT does not tell the endpoint's state", type=SFT_UNANSWERED, non_retryable=True)
    return _word(profile.status)


def _word(status: str | None) -> str:
    return (status or "unknown")[:LONGEST_WORD]
