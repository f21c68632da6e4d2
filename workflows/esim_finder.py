"""Step 1 of the guide: finding an eSIM that can be claimed, for as long as the purchase may wait for one."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from activities.esims import EsimActivities
from activities.messages import EsimSearch, FoundEsim
from activities.stock_queue import StockQueueActivities
from contract.esim import AvailableEsim
from contract.failure import NO_ESIM_AVAILABLE, SFT_AUTHENTICATION_FAILED
from contract.progress import Step
from contract.purchase import EsimPurchase
from workflows.outcome import type_of
from workflows.policies import QUEUED
from workflows.sft_calls import SetDetails, call, is_by_hand, patiently

REMEMBERED: Final = 20
"""How many endpoints that were lost to rivals or set aside a purchase keeps in mind when it looks again."""

SUMMARY: Final = "Find an available eSIM"


class EsimFinder:
    """Finds eSIMs for one purchase, none of them twice. SFT reserves nothing: what it lists, a rival may get first."""

    def __init__(self, set_step: Callable[[Step, str], None], set_details: SetDetails) -> None:
        self._set_step = set_step
        self._set_details = set_details
        self._avoid: list[str] = []

    async def look_once(self, purchase: EsimPurchase | None = None) -> FoundEsim:
        """One look at SFT's list, and first, if ``purchase`` is given, whether it was sold before.

        Raises:
            ApplicationError: ``SftUnavailable`` after a day; ``InvalidRequest`` if the purchase_id was already sold
                as something else.
        """
        self._set_step("finding_esim", "Looking for an available eSIM.")
        search = EsimSearch(avoid=self._avoid, purchase=purchase)
        return await patiently(EsimActivities.find_esim, search, SUMMARY, self._set_details)

    async def wait_for_esim(self, deadline: datetime, look: FoundEsim | None = None) -> AvailableEsim:
        """An eSIM to claim, waited for until ``deadline`` if there is none.

        ``look`` is what was found just now, if it was looked.

        Raises:
            ApplicationError: ``NoEsimAvailable`` if the purchase can wait no longer; ``SftUnavailable`` after a day.
        """
        look = look or await self.look_once()
        while look.esim is None:
            look = await self._wait_for_stock(deadline) or await self.look_once()
        return look.esim

    async def wait_for_another(self, deadline: datetime, than: AvailableEsim) -> AvailableEsim:
        """Finds one after another could not be had: that one is not looked at again."""
        self._avoid = [*self._avoid, than.endpoint_id][-REMEMBERED:]
        return await self.wait_for_esim(deadline)

    async def _wait_for_stock(self, deadline: datetime) -> FoundEsim | None:
        """What came into stock; None to look again: SFT refuses the credentials, or somebody has ended the wait."""
        time_left = deadline - workflow.now()
        self._set_step(
            "waiting_for_stock", f"SFT has no eSIM available: looking again until {deadline:%-d %b %Y, %H:%M} UTC."
        )
        search, summary = EsimSearch(avoid=self._avoid), "Wait for an eSIM to come into stock"
        try:
            if time_left > timedelta(0):
                return await call(StockQueueActivities.wait_for_stock, search, QUEUED, summary, time_limit=time_left)
        except ActivityError as error:
            if type_of(error) == SFT_AUTHENTICATION_FAILED or is_by_hand(error):
                return None
        raise ApplicationError(
            "SFT had no eSIM available for as long as this purchase could wait; order eSIMs from SFT, then start the "
            "purchase again",
            type=NO_ESIM_AVAILABLE,
            non_retryable=True,
        )
