"""The audit: holds SFT's list of attached SIMs against the subscriptions, page by page, after everything else.

A page is one activity, so that SFT_MAX_REQUESTS_PER_SECOND counts it, and one at a time is under way. What was seen is
kept in little room (seen.py), findings are kept up to a number, and every so many pages the run continues as new.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NoReturn, TypeVar

from pydantic import Field
from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ActivityError
from temporalio.types import MethodAsyncSingleParam

with workflow.unsafe.imports_passed_through():
    from activities.audit import AuditActivities
    from activities.messages import BACKGROUND, SimsPage, SubscriptionsPage
    from contract.audit import AuditProgress, AuditReport, Finding, FindingKind
    from contract.message import InternalMessage, StartInput
    from workflows.outcome import not_answered, words_of
    from workflows.policies import BRISK, OUTAGE, PATIENT, Policy
    from workflows.seen import Seen
    from workflows.sft_calls import call

MOST_OF_A_KIND: Final = 1000
MOST_IN_ALL: Final = 4000
"""Findings that are kept: the result has to stay below the 2 MB that Temporal takes."""

MOST_CHECKED: Final = 1000
"""Findings that are looked at once more at SFT, a call each."""

STEPS_OF_A_RUN: Final = 200
"""Activities after which it continues as new."""

MOST_PAGES: Final = 20_000

MOST_KNOWN_PAGES: Final = 2
"""Pages in a row with nothing new, after which SFT's list is taken to begin anew beyond its end (assumption). One alone
can be a list that has moved on by a whole page."""

Argument = TypeVar("Argument")
Result = TypeVar("Result")


class AuditState(InternalMessage, StartInput):
    """What an audit carries from one run to the next: how far it has come, and what it has found."""

    started_at: datetime
    salt: str
    seen: str = ""
    """The endpoints of SFT's list so far (``Seen.packed``)."""
    page: int = 1
    """Of SFT's list, that is next; 0 once it is at its end."""
    last_page: list[str] = Field(default_factory=list)
    """The endpoints of the page before: if they come again, SFT counts pages in another way."""
    known_pages: int = 0
    """How many pages in a row had nothing on them that was not on those before."""
    token: str = ""
    listed: dict[str, int] = Field(default_factory=dict)
    subscriptions: int = 0
    counts: dict[str, int] = Field(default_factory=dict)
    findings: list[Finding] = Field(default_factory=list)
    unreadable: int = 0
    unchecked: int = 0
    checked: int = 0


@workflow.defn
class AuditWorkflow:
    """One audit, from SFT's first page to the last subscription. It changes nothing."""

    @workflow.init
    def __init__(self, state: AuditState | None = None) -> None:
        self._state = state or AuditState(started_at=workflow.now(), salt=workflow.info().run_id)
        self._seen = Seen(self._state.salt, self._state.seen)
        self._steps = 0

    @workflow.run
    async def run(self, state: AuditState | None = None) -> AuditReport:
        """Takes no input: what continues it has its own.

        Raises:
            ApplicationError: ``SftUnavailable`` or ``SftAuthenticationFailed`` if SFT does not answer for a day.
        """
        try:
            while self._state.page:
                await self._list_sims()
            while await self._list_subscriptions():
                pass
        except ActivityError as error:
            raise not_answered(
                f"The audit cannot go on: SFT or Temporal does not answer ({words_of(error)}); begin it again later",
                error,
            ) from error
        return self._report()

    @workflow.query
    def progress(self) -> AuditProgress:
        """How far it has come."""
        state = self._state
        listed, found = sum(state.listed.values()), sum(state.counts.values())
        return AuditProgress(listed=listed, subscriptions=state.subscriptions, found=found)

    async def _list_sims(self) -> None:
        state = self._state
        page = SimsPage(page=state.page)
        seen = await self._call(AuditActivities.list_sims, page, PATIENT, f"Look at page {state.page} of SFT's list")
        is_known = bool(seen.endpoint_ids) and all(endpoint_id in self._seen for endpoint_id in seen.endpoint_ids)
        state.known_pages = state.known_pages + 1 if is_known else 0
        is_over = not (seen.endpoint_ids or seen.unreadable) or seen.endpoint_ids == state.last_page
        is_over = is_over or state.known_pages >= MOST_KNOWN_PAGES
        if not (is_over or is_known):
            self._seen.add(seen.endpoint_ids)
            for status, number in seen.listed.items():
                state.listed[status] = state.listed.get(status, 0) + number
            state.unreadable += seen.unreadable
            state.last_page = seen.endpoint_ids
            self._keep(seen.found)
            await self._check(seen.doubted)
        state.page = 0 if is_over or state.page >= MOST_PAGES else state.page + 1
        self._go_on()

    async def _list_subscriptions(self) -> bool:
        """Whether there are more of them."""
        state = self._state
        page = SubscriptionsPage(token=state.token)
        seen = await self._call(
            AuditActivities.list_subscriptions, page, PATIENT, "Hold subscriptions against SFT's list"
        )
        state.subscriptions += seen.count
        state.token = seen.token
        self._keep(seen.found)
        missing = [endpoint_id for endpoint_id in seen.active if endpoint_id not in self._seen]
        lost = [Finding(kind="owner_without_endpoint", endpoint_id=endpoint_id) for endpoint_id in missing]
        await self._check([*lost, *seen.doubted])
        if seen.token:
            self._go_on()
        return bool(seen.token)

    async def _check(self, doubted: Sequence[Finding]) -> None:
        """Keeps what is still so: much of it was only read while it changed."""
        state = self._state
        for number, finding in enumerate(doubted):
            if state.checked >= MOST_CHECKED:
                state.unchecked += len(doubted) - number
                return
            state.checked += 1
            summary = f"Look once more at endpoint {finding.endpoint_id}"
            try:
                checked = await self._call(AuditActivities.check_finding, finding, BRISK, summary)
            except ActivityError as error:
                workflow.logger.warning("not checked: endpoint %s: %s", finding.endpoint_id, words_of(error))
                state.unchecked += 1
                continue
            self._keep([checked.finding] if checked.finding else [])

    def _keep(self, found: Sequence[Finding]) -> None:
        state = self._state
        for finding in found:
            state.counts[finding.kind] = number = state.counts.get(finding.kind, 0) + 1
            if number <= MOST_OF_A_KIND and len(state.findings) < MOST_IN_ALL:
                state.findings.append(finding)

    async def _call(
        self,
        activity: MethodAsyncSingleParam[AuditActivities, Argument, Result],
        argument: Argument,
        policy: Policy,
        summary: str,
    ) -> Result:
        self._steps += 1
        priority = Priority(priority_key=BACKGROUND)
        return await call(activity, argument, policy, summary, priority=priority, time_limit=OUTAGE)

    def _go_on(self) -> None:
        """Between two pages: as a new run, if this one has grown long."""
        if self._steps >= STEPS_OF_A_RUN or workflow.info().is_continue_as_new_suggested():
            self._continue_as_new()

    def _continue_as_new(self) -> NoReturn:
        self._state.seen = self._seen.packed()
        workflow.continue_as_new(self._state)

    def _report(self) -> AuditReport:
        state = self._state
        counts: dict[FindingKind, int] = {}
        for finding in state.findings:
            counts[finding.kind] = state.counts[finding.kind]
        return AuditReport(
            started_at=state.started_at,
            ended_at=workflow.now(),
            listed=state.listed,
            subscriptions=state.subscriptions,
            counts=counts,
            findings=state.findings,
            unreadable=state.unreadable,
            unchecked=state.unchecked,
        )
