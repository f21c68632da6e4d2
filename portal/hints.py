"""What SFT's callbacks say of eSIMs, on its way to their subscriptions: kept while Temporal is away, within limits."""

import asyncio
import logging
import time
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from temporalio.service import RPCError

from contract.profile import MOST_CHANGES, EsimProfile, ProfileReport
from contract.time_limits import SOON
from process import audit
from seller.client import SellerClient
from seller.errors import SellerError
from sft.callbacks import EsimName
from temporal.digests import Digests

Fate = Literal["told", "spared", "unknown", "nameless", "unsigned", "lost"]
"""What became of an event: its subscription was told; was told lately, which is enough; there is none that lives; the
event names no eSIM; it came without the token; or there was no room for it, or Temporal could not be asked for long."""

MOST_WAITING: Final = 10_000
"""eSIMs that are waited for Temporal with: further ones are lost."""

MOST_AT_ONCE: Final = 500
"""eSIMs that are told of before anything is waited for again."""

SIGNALS_AT_ONCE: Final = 20

MOST_REMEMBERED: Final = 10_000
"""eSIMs of which it is known when they were told last."""

LATER: Final = 15 * SOON.total_seconds()
"""Seconds between two looks at an eSIM of which nothing new is said but that it is in use."""

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 15.0
GIVEN_UP: Final = 3600.0
"""Seconds after which Temporal is asked no more: usage was read by then anyway."""

logger = logging.getLogger("portal")


@dataclass
class Hint:
    """What events say of one eSIM."""

    count: int = 1
    is_news: bool = False
    changes: list[EsimProfile] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)

    def add(self, other: "Hint") -> None:
        """What others say, too."""
        self.count += other.count
        self.is_news |= other.is_news
        self.since = min(self.since, other.since)
        known = {change.order: change for change in (*self.changes, *other.changes)}
        self.changes = [known[order] for order in sorted(known)][-MOST_CHANGES:]


Hints = dict[EsimName, Hint]


class Counts(Counter[Fate]):
    """What became of events since the portal started."""

    def drop(self, fate: Fate, events: int, why: str) -> None:
        """Counts what came to nothing, with one line in the log however many they are."""
        if events:
            self[fate] += events
            logger.info("%d events of SFT's are dropped: %s", events, why)
            audit.note("callback_event", "refused", why=fate, events=events)

    def lose(self, events: int, why: str) -> None:
        """Counts what could have been told: SFT does not post it again."""
        if events:
            self["lost"] += events
            logger.warning("%d events of SFT's are lost: %s", events, why)


def merged(hints: Iterable[tuple[EsimName, Hint]]) -> Hints:
    """One hint for each eSIM."""
    found: Hints = {}
    for esim, hint in hints:
        if esim in found:
            found[esim].add(hint)
        else:
            found[esim] = hint
    return found


class HintsOnTheirWay:
    """Tells subscriptions, one signal for all that is said of one at a time, and counts what became of it."""

    def __init__(self, seller: SellerClient, digests: Digests, counts: Counts) -> None:
        self._seller = seller.subscriptions
        self._digests = digests
        self._counts = counts
        self._waiting: Hints = {}
        self._in_hand: Hints = {}
        self._work: asyncio.Task[None] | None = None
        self._told: OrderedDict[str, float] = OrderedDict()
        self._turns = asyncio.Semaphore(SIGNALS_AT_ONCE)

    @property
    def waiting(self) -> int:
        """How many events are still to be told of."""
        return sum(hint.count for hints in (self._waiting, self._in_hand) for hint in hints.values())

    def add(self, hints: Hints) -> None:
        """Takes what one post says; it is told of behind."""
        lost = 0
        for esim, hint in hints.items():
            if esim in self._waiting:
                self._waiting[esim].add(hint)
            elif len(self._waiting) < MOST_WAITING:
                self._waiting[esim] = hint
            else:
                lost += hint.count
        self._counts.lose(lost, "there is no room for more while Temporal is away")
        if self._waiting and (self._work is None or self._work.done()):
            self._work = asyncio.create_task(self._tell_all())

    async def finish(self, seconds: float) -> None:
        """Tells what can be told in so many seconds; the rest is lost, and counted."""
        if self._work:
            await asyncio.wait([self._work], timeout=seconds)
            self._work.cancel()
            await asyncio.wait([self._work])
        self._counts.lose(self.waiting, "this portal stops")
        self._waiting, self._in_hand = {}, {}

    async def _tell_all(self) -> None:
        pause = FIRST_PAUSE
        while self._waiting:
            names = list(self._waiting)[:MOST_AT_ONCE]
            self._in_hand = {esim: self._waiting.pop(esim) for esim in names}
            untold = await self._tell(self._in_hand)
            self._in_hand = {}
            old = [esim for esim, hint in untold.items() if time.monotonic() - hint.since > GIVEN_UP]
            self._counts.lose(sum(untold.pop(esim).count for esim in old), "Temporal cannot be asked for their eSIMs")
            self.add(untold)
            if not untold:
                pause = FIRST_PAUSE
                continue
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _tell(self, hints: Hints) -> Hints:
        """Tells whom it finds; those of whom Temporal could not be asked."""
        untold: Hints = {}
        unknown: Hints = {}
        known_otherwise: list[tuple[EsimName, Hint]] = []
        for esim, hint in (await self._tell_those(hints, untold)).items():
            if esim.endpoint_id and (esim.iccid or esim.msisdn):  # its number may be one of ours, though its id is not
                known_otherwise.append((EsimName(None, esim.iccid, esim.msisdn), hint))
            else:
                unknown[esim] = hint
        if known_otherwise:
            unknown |= await self._tell_those(merged(known_otherwise), untold)
        strangers = sum(hint.count for hint in unknown.values())
        self._counts.drop("unknown", strangers, "no eSIM of ours is the one that they name")
        return untold

    async def _tell_those(self, hints: Hints, untold: Hints) -> Hints:
        """Tells each once, whatever it is called; those that are none of ours. The rest is added to ``untold``."""
        unnamed = [esim for esim in hints if not esim.endpoint_id]
        try:
            found = await self._find(unnamed)
        except (SellerError, RPCError):
            untold |= {esim: hints[esim] for esim in unnamed}
            found, hints = {}, {esim: hint for esim, hint in hints.items() if esim.endpoint_id}
        strangers: Hints = {}
        of_endpoints: dict[str, Hints] = {}
        for esim, hint in hints.items():
            endpoint_id = esim.endpoint_id or found.get(esim)
            said = of_endpoints.setdefault(endpoint_id, {}) if endpoint_id else strangers
            said[esim] = hint
        together = [(endpoint_id, merged_hint(said.values())) for endpoint_id, said in of_endpoints.items()]
        fates = await asyncio.gather(*(self._signal(endpoint_id, hint) for endpoint_id, hint in together))
        for (endpoint_id, hint), fate in zip(together, fates, strict=True):
            if fate == "unknown":
                strangers |= of_endpoints[endpoint_id]
            elif fate == "lost":
                untold |= of_endpoints[endpoint_id]
            else:
                self._counts[fate] += hint.count
        return strangers

    async def _find(self, esims: list[EsimName]) -> dict[EsimName, str]:
        iccids = {digest: esim for esim in esims if esim.iccid for digest in self._digests.iccid(esim.iccid)}
        msisdns = {digest: esim for esim in esims if esim.msisdn for digest in self._digests.msisdn(esim.msisdn)}
        return await self._seller.with_numbers(iccids, msisdns)

    async def _signal(self, endpoint_id: str, hint: Hint) -> Fate:
        now, pause = time.monotonic(), SOON.total_seconds() if hint.is_news else LATER
        if not hint.changes and now - self._told.get(endpoint_id, -pause) < pause:
            return "spared"
        try:
            async with self._turns:
                if hint.changes:
                    report = ProfileReport(changes=hint.changes)
                    is_ours = await self._seller.profile_changed(endpoint_id, report)
                else:
                    is_ours = await self._seller.look_soon(endpoint_id)
        except (SellerError, RPCError):
            return "lost"
        if not is_ours:
            return "unknown"
        self._told[endpoint_id] = now
        self._told.move_to_end(endpoint_id)
        if len(self._told) > MOST_REMEMBERED:
            self._told.popitem(last=False)
        return "told"


def merged_hint(hints: Iterable[Hint]) -> Hint:
    """All that is said of one eSIM under several names."""
    together = Hint(count=0)
    for hint in hints:
        together.add(hint)
    return together
