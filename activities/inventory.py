"""Chooses the eSIM that a purchase tries to claim, from SFT's list (fetchSIM) less what is known to be taken."""

import asyncio
import itertools
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

from contract.activation_code import normalised
from contract.esim import AvailableEsim
from sft.client import SftClient
from sft.errors import SftError
from sft.models import Sim
from sft.pages import may_be_full
from sft.states import ATTACHED, UNUSED, is_state

logger = logging.getLogger("worker")

WIDER_LOOK: Final = 100
"""Rows a page, once the first row turned out to be somebody else's."""

SHELF_SECONDS: Final = 5.0
"""How long the rest of a wider look is good for."""

REMEMBERED: Final = 10_000
"""How many endpoints that it handed out a worker keeps in mind."""

PASS_OVER_SECONDS: Final = 5.0
"""How long an endpoint that was handed out, or found claimed, is passed over without asking again."""


class Inventory:
    """Hands the eSIMs that SFT lists as available to the purchases of one worker, a different one to each.

    SFT has no reservation and gives everybody the same first row, so the purchases of a worker share a look instead of
    colliding. What is remembered here is only a hint that saves calls: the lock is the claim, and a worker that
    starts with an empty memory is slower by one look and wrong about nothing.
    """

    def __init__(self, client: SftClient, is_claimed: Callable[[str], Awaitable[bool]]) -> None:
        self._client = client
        self._is_claimed = is_claimed
        self._one_at_a_time = asyncio.Lock()
        self._waiting = 0
        self._passed_over_until: dict[str, float] = {}
        self._handed_out: dict[str, None] = {}
        self._shelf: list[AvailableEsim] = []
        self._shelved_at = 0.0
        self._taken_head: str | None = None
        self._uninstallable: set[str] = set()
        self._trouble: tuple[float, SftError] | None = None
        self._empty_at = 0.0

    async def take(self, avoid: Iterable[str] = ()) -> AvailableEsim | None:
        """An eSIM that is worth claiming, or None if SFT has none.

        Whoever waited while another asked, and was told that there is none or that SFT is in trouble, is told the same:
        a thousand purchases that wait for stock do not ask a thousand times.

        Raises:
            SftError: if SFT could not be asked.
        """
        arrived = time.monotonic()
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                if self._trouble and self._trouble[0] >= arrived:
                    raise self._trouble[1]
                if self._empty_at >= arrived:
                    return None
                self._pass_over(avoid)
                esim = await self._from_the_shelf() or await self._look()
                if esim is None:
                    self._empty_at = time.monotonic()
                return esim
        except SftError as error:
            self._trouble = (time.monotonic(), error)
            raise
        finally:
            self._waiting -= 1

    async def _look(self) -> AvailableEsim | None:
        rivals = self._waiting > 1
        if not rivals and self._taken_head is None:
            sims = await self._shelve(page=1, per_page=1)
            if not sims:
                return None
            if esim := await self._from_the_shelf():
                return esim
            self._taken_head = sims[0].endpoint_id
        return await self._wider_look()

    async def _wider_look(self) -> AvailableEsim | None:
        seen = set[str | None]()
        for page in itertools.count(1):
            sims = await self._shelve(page=page, per_page=WIDER_LOOK)
            if page == 1 and (not sims or sims[0].endpoint_id != self._taken_head):
                self._taken_head = None
            if esim := await self._from_the_shelf():
                return esim
            if is_last_page(sims, seen):
                break
        return None

    async def _shelve(self, page: int, per_page: int) -> list[Sim]:
        sims = await self._client.fetch_sims(page=page, per_page=per_page)
        self._shelf = [esim for sim in sims if (esim := for_sale(sim))]
        self._note_uninstallable(sims)
        random.shuffle(self._shelf)  # the workers of other processes see the same list in the same order
        self._shelved_at = time.monotonic()
        return sims

    def _note_uninstallable(self, sims: Iterable[Sim]) -> None:
        """Says of each eSIM once that nobody could install it: it is passed over, for as long as SFT lists it so."""
        for sim in sims:
            if is_listed_for_sale(sim) and not installable_code(sim) and sim.endpoint_id not in self._uninstallable:
                self._uninstallable.add(str(sim.endpoint_id))
                why = "no activation code" if sim.activation_code is None else "an activation code that is none"
                logger.error(
                    "Endpoint %s is passed over: SFT tells %s, and no phone could install it", sim.endpoint_id, why
                )

    async def _from_the_shelf(self) -> AvailableEsim | None:
        if time.monotonic() - self._shelved_at > SHELF_SECONDS:
            self._shelf = []
        while self._shelf:
            esim = self._shelf.pop()
            if esim.endpoint_id in self._passed_over_until:
                continue
            self._pass_over([esim.endpoint_id])
            if not await self._is_gone(esim.endpoint_id):
                return esim
        return None

    async def _is_gone(self, endpoint_id: str) -> bool:
        """Whether somebody holds it, which is asked for what was handed out before: most are new, and are claimed."""
        if endpoint_id in self._handed_out:
            return await self._is_claimed(endpoint_id)
        self._handed_out[endpoint_id] = None
        if len(self._handed_out) > REMEMBERED:
            del self._handed_out[next(iter(self._handed_out))]
        return False

    def _pass_over(self, endpoint_ids: Iterable[str]) -> None:
        now = time.monotonic()
        self._passed_over_until = {key: end for key, end in self._passed_over_until.items() if end > now}
        for endpoint_id in endpoint_ids:
            self._passed_over_until.setdefault(endpoint_id, now + PASS_OVER_SECONDS)


def is_last_page(sims: Sequence[Sim], seen: set[str | None]) -> bool:
    """Whether SFT has no more rows to list after these; ``seen`` are the endpoints of the pages before, and of this one
    from now on.

    SFT may give fewer rows than it is asked for, and may begin its list anew beyond the end.
    """
    endpoint_ids = {sim.endpoint_id for sim in sims}
    is_new = not endpoint_ids <= seen
    seen |= endpoint_ids
    return not (is_new and may_be_full(len(sims), WIDER_LOOK))


def is_listed_for_sale(sim: Sim) -> bool:
    """Whether SFT offers this eSIM: not one whose state it tells, and in other words than those that were asked for."""
    if not (sim.endpoint_id and sim.iccid):
        return False
    if sim.status and not is_state(sim.status, UNUSED):
        return False
    return not (sim.attach_status and not is_state(sim.attach_status, ATTACHED))


def installable_code(sim: Sim) -> str | None:
    """Its activation code as phones take it; None if SFT tells none, or one that no phone could install."""
    try:
        return normalised(sim.activation_code or "")
    except ValueError:
        return None


def for_sale(sim: Sim) -> AvailableEsim | None:
    """The eSIM of a row; None if SFT does not offer it, or nobody could install it."""
    code = installable_code(sim)
    if not (code and sim.endpoint_id and sim.iccid and is_listed_for_sale(sim)):
        return None
    return AvailableEsim(endpoint_id=sim.endpoint_id, iccid=sim.iccid, msisdn=sim.msisdn, activation_code=code)
