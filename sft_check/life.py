"""The whole life of one eSIM with one add-on, which ends suspended, whatever happens on the way."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from sft.client import SftClient
from sft.errors import NotSent, Rejected, SftError
from sft.models import LifeCycle, Reason
from sft.states import ACTIVE, SUSPENDED, UNUSED, is_state, letters
from sft_check.again import asked_again
from sft_check.evidence import Evidence, Profile, fit
from sft_check.finding import Step

Got = TypeVar("Got")

PAUSES: Final = (0.5, 1, 2, 3, 5)
"""Seconds between looks for what is to show; the last one again and again."""

LONGER: Final = 2
"""An instance is looked for so many times as long as SFT_SETTLE_SECONDS, so that it is seen how long it takes."""

TRIES: Final = 4
"""How often what cleans up is asked for."""


@dataclass
class Life:
    """Takes one Pre-Active endpoint through activation, one add-on, its removal and suspension; ``say`` tells how it
    goes. ``left`` says afterwards what was left that should not be, and what to do about it.
    """

    client: SftClient
    evidence: Evidence
    endpoint_id: str
    plan_id: str
    say: Callable[[str], None]
    activation_call: str = "EndPointLifeCycleChange"
    steps: list[Step] = field(default_factory=list)
    left: str | None = None
    interrupted: bool = False
    _before: frozenset[str] = frozenset()
    _sent: bool = False
    _strangers: bool = False
    _ours: set[str] = field(default_factory=set)
    _activation_is_open: bool = False
    """Whether SFT may still be working on the activation."""
    _addon_is_open: bool = False
    """Whether an instance may still come."""

    async def live(self) -> None:
        """Goes through it all. Ctrl-C cuts it short, and what was begun is undone first; another one leaves it."""
        self.evidence.one_esim = True
        self.evidence.plan_id = self.plan_id
        try:
            await self._course()
        except asyncio.CancelledError:
            self.interrupted = True
            self.say("Interrupted: undoing what was begun first; Ctrl-C again leaves it as it is")
        await self._undo()

    async def _course(self) -> None:
        profile = await self._look("look at it before")
        if profile is None or not _may_be_unused(profile) or profile.plan_ids & self._sold:
            self.left = "Nothing was done: the eSIM is not Pre-Active, has an add-on that is sold here, or is not shown"
            return
        self._before = frozenset(profile.unique_ids)
        if not await self._activate():
            return
        await self._step("look whether it is listed", asked_again(lambda: self.client.fetch_sims(1, 100)))
        if iccid := profile.iccid:
            await self._step("look for it by its ICCID", asked_again(lambda: self.client.find_sim(iccid)))
        if await self._subscribe():
            await self._remove()
        await self._suspend()

    async def _activate(self) -> bool:
        self._sent = self._activation_is_open = True
        error, previous = await self._step("activate", self._activation())
        self._activation_is_open = _is_open(error)
        if error is None and is_state(previous, ACTIVE):
            self._strangers = True
            return False
        profile = await self._look("look at it active")
        if profile is not None and is_state(profile.state, ACTIVE):
            self._activation_is_open = False
        # A code that the client does not know is no refusal where the endpoint is active.
        return error is None or (profile is not None and is_state(profile.state, ACTIVE))

    async def _activation(self) -> str | None:
        """The state before, as SFT spells it."""
        if self.activation_call == "EndPointActivation":
            activated = await self.client.activate_endpoint(self.endpoint_id)
            return ACTIVE if activated.already_active else None
        change = await self.client.change_lifecycle(self.endpoint_id, LifeCycle.ACTIVE, Reason.SYSTEM)
        return change.previous_status

    async def _subscribe(self) -> bool:
        self._addon_is_open = True
        error, instance = await self._step("subscribe", self.client.subscribe_addon(self.endpoint_id, self.plan_id))
        self._addon_is_open = error is None or _is_open(error)
        if instance is not None:
            self._ours.add(instance.unique_id)
        return self._addon_is_open and await self._shows(LONGER * self.evidence.settle_seconds)

    async def _shows(self, longest: float) -> bool:
        """Looks until the new instance shows; False where there is none to remove."""
        began = time.monotonic()
        for number in itertools.count():
            profile = await self._look("look for the instance", quietly=number > 0)
            waited = time.monotonic() - began
            new = profile.unique_ids - self._before if profile else set()
            if new:
                self._ours |= new
                self._addon_is_open = False
                self.evidence.seconds_to_show = waited
                return True
            self.evidence.seconds_waited = waited
            if waited >= longest:
                return bool(self._ours)
            await asyncio.sleep(_pause(number))
        return False  # never come to

    async def _becomes_active(self) -> None:
        began, number = time.monotonic(), 0
        while time.monotonic() - began < self.evidence.settle_seconds:
            profile = await self._look("look whether it becomes active", quietly=number > 0)
            if profile is not None and not is_state(profile.state, UNUSED):
                self._activation_is_open = False
                return
            await asyncio.sleep(_pause(number))
            number += 1

    async def _remove(self) -> None:
        error, _ = await self._step("remove", self.client.remove_addons(self.endpoint_id, sorted(self._ours)))
        profile = await self._look("look at it without")
        if profile is not None:
            self._ours &= profile.unique_ids
        elif error is None:
            self._ours.clear()

    async def _suspend(self) -> None:
        suspended = self.client.change_lifecycle(self.endpoint_id, LifeCycle.SUSPENDED, Reason.SYSTEM)
        error, _ = await self._step("suspend", suspended)
        profile = await self._look("look at it suspended")
        if (profile is not None and is_state(profile.state, SUSPENDED)) or (error is None and not _tells(profile)):
            self._sent = False

    async def _undo(self) -> None:
        """Suspends what was activated, and removes what was subscribed, with more than one try."""
        if self._strangers:
            self.left = (
                f"Endpoint {self.endpoint_id} was active before: somebody else has it, and nothing more was done to "
                "it. Find out who sells from this account"
            )
            return None
        try:
            await self._undone()
        except asyncio.CancelledError:
            self.interrupted = True
        return self._say_what_is_left()

    async def _undone(self) -> None:
        if not self._sent and not self._ours:
            return
        if self._activation_is_open:
            await self._becomes_active()  # suspended before that, it would become active afterwards
        if self._addon_is_open and not self._ours:
            await self._shows(self.evidence.settle_seconds)
        for number in range(TRIES):
            profile = await self._look("look what is left")
            if profile is not None and is_state(profile.state, UNUSED) and not self._activation_is_open:
                self._sent = False  # it was refused, and never became active
                return
            if self._ours:
                await self._remove()
            if self._sent:
                await self._suspend()
            if not self._sent and not self._ours:
                return
            await asyncio.sleep(_pause(number + 1))

    def _say_what_is_left(self) -> None:
        parts = []
        if self._sent:
            parts.append(f"endpoint {self.endpoint_id} may be active, which costs each month: suspend it at SFT")
        if self._ours:
            parts.append(f"add-on {', '.join(sorted(self._ours))} is still on {self.endpoint_id}: remove it at SFT")
        elif self._addon_is_open:
            parts.append(f"an add-on may still come to {self.endpoint_id}: look at its profile in some minutes")
        if parts:
            self.left = f"Left behind: {'; '.join(parts)}"

    async def _look(self, name: str, *, quietly: bool = False) -> Profile | None:
        """The profile as it came: what the client cannot read of it must not keep this from being undone."""
        known = len(self.evidence.all)
        await self._step(name, asked_again(lambda: self.client.get_endpoint_profile(self.endpoint_id)), quietly=quietly)
        profiles = list(self.evidence.profiles)
        return profiles[-1] if profiles and profiles[-1].seen in self.evidence.all[known:] else None

    @property
    def _sold(self) -> set[str]:
        return set(self.evidence.products.values())

    async def _step(
        self, name: str, call: Awaitable[Got], *, quietly: bool = False
    ) -> tuple[SftError | None, Got | None]:
        began = time.monotonic()
        if not quietly:
            self.say(f"{name[0].upper()}{name[1:]}")
        outcome = "cut short"
        try:
            got = await call
            outcome = "done"
            return None, got
        except SftError as error:
            # Any of them: what was begun has to be undone.
            outcome = fit(error.reason)
            return error, None
        finally:
            if quietly:
                self.steps.pop()
            self.steps.append(Step(step=name, seconds=round(time.monotonic() - began, 2), outcome=outcome))


def _pause(number: int) -> float:
    return PAUSES[min(number, len(PAUSES) - 1)]


def _is_open(error: SftError | None) -> bool:
    """Whether a call may still be done by SFT, which did not say so."""
    return error is not None and not isinstance(error, Rejected | NotSent)


def _may_be_unused(profile: Profile) -> bool:
    """Whether a profile tells that nobody has the endpoint, or tells no state at all."""
    return not letters(profile.state) or is_state(profile.state, UNUSED)


def _tells(profile: Profile | None) -> bool:
    """Whether a profile tells a state that sales know."""
    return profile is not None and is_state(profile.state, ACTIVE, SUSPENDED, UNUSED)
