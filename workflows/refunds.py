"""Giving an eSIM back that was never used: judged by what SFT says just then, and closed if it is so."""

from datetime import datetime
from typing import Final, NoReturn

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from contract.addon import Addon
from contract.failure import ADDON_REJECTED, SFT_AUTHENTICATION_FAILED, SFT_UNAVAILABLE, FailureType
from contract.order import Refund, RefundOrder
from contract.profile import ProfileStatus
from sft.states import ACTIVE, SUSPENDED
from workflows.callers import MOST_REPAYMENTS
from workflows.cancellation import afterwards
from workflows.closing import Closing
from workflows.endpoint import Status
from workflows.late_effects import LateEffects
from workflows.order_record import OrderRecord
from workflows.part import Part, Shared
from workflows.removals import LINE, Removals
from workflows.state import EsimRefund
from workflows.usage_watch import UsageWatch

ON_A_DEVICE: Final[tuple[ProfileStatus, ...]] = ("downloaded", "installed", "enabled", "disabled", "deleted")
"""What says that somebody has taken the profile, which can be done once."""

MOST_TOLD: Final = 5
"""uniqueIds that are told."""


class Refunds(Part):
    """The order to give the eSIM back in a subscription's state."""

    def __init__(
        self, shared: Shared, late_effects: LateEffects, usage: UsageWatch, removals: Removals, closing: Closing
    ) -> None:
        super().__init__(shared)
        self._late_effects = late_effects
        self._usage = usage
        self._removals = removals
        self._closing = closing
        self._record = OrderRecord(shared)

    async def wait_for(self, order: RefundOrder) -> Refund:
        """The decision, once it is carried out; at once if the eSIM was given back already.

        Raises:
            ApplicationError: ``SftUnavailable``, ``SftAuthenticationFailed`` or ``AddonRejected`` if SFT could not be
                brought to tell or to do it: nothing is to be paid back, and the same order goes on with it.
        """
        self._callers.count()
        if given := self._state.subscription.refund:
            return given
        if not self._callers.has_room(LINE, MOST_REPAYMENTS):
            self._fail(SFT_UNAVAILABLE, "an add-on is being taken off this eSIM: ask again once that is done")
        if self._state.refunding is None:
            self._state.refunding = EsimRefund(order=order)
        refund = self._state.refunding
        await self._callers.wait(LINE, lambda: refund.answer is not None or refund.failure is not None, most=2)
        if refund.answer is None:
            self._fail(*(refund.failure or (SFT_UNAVAILABLE, "somebody asked for the same later, and waits for it")))
        return refund.answer

    def _fail(self, failure_type: FailureType, message: str) -> NoReturn:
        raise ApplicationError(message, type=failure_type, non_retryable=True)

    async def carry_out(self) -> None:
        """Decides, and closes the eSIM if it may be paid back."""
        refund = self._state.refunding
        if refund is None:
            return
        order = refund.order
        self._display.set_details(f"Giving the eSIM back, as ordered ({order.reason}), if it was never used.")
        try:
            refund.answer = await self._decide(order)
        except ApplicationError as failure:
            known: tuple[FailureType, ...] = (ADDON_REJECTED, SFT_AUTHENTICATION_FAILED)
            refund.failure = (next((each for each in known if each == failure.type), SFT_UNAVAILABLE), failure.message)
        self._state.refunding = None
        words = refund.failure[1] if refund.failure else None
        if refund.answer and not refund.answer.refundable:
            words = refund.answer.reason
        self._record.add("refund", order.reason, order.ordered_by, failure=words)
        if self._state.subscription.status != "closed":
            self._display.set_details("")

    async def _decide(self, order: RefundOrder) -> Refund:
        """Reads, suspends and reads again: between a reading and the suspension somebody may have begun to use it."""
        subscription = self._state.subscription
        was_active = subscription.status == "active"
        refund = await self._judge()
        if refund.refundable and was_active:
            await self._bring_to(SUSPENDED)
            refund = await self._judge()
            if not refund.refundable:
                await self._bring_to(ACTIVE)
        if not refund.refundable:
            return refund
        for addon in self._purchases.provisioned():
            await self._removals.take_off(addon, order.reason)
        subscription.refund = refund
        self._events.notify("subscription_refunded")
        await self._closing.clear_away(f"given back ({order.reason})")
        return refund

    async def _bring_to(self, status: Status) -> None:
        with afterwards(lambda: self._late_effects.expect_lifecycle(status)):
            await self._endpoint.change_to(status, "customer_service")
        self._display.set_status("active" if status == ACTIVE else "suspended")

    async def _judge(self) -> Refund:
        """Reads what is left, and says by that whether it was never used."""
        began = workflow.now()
        await self._usage.read_now()
        addons = [addon for addon in self._state.subscription.addons if addon.status in ("provisioned", "removed")]
        used = [why for addon in addons if (why := _why_used(addon, began))]
        profile = self._state.subscription.profile
        if profile and profile.status in ON_A_DEVICE:
            used.append(f"its profile was {profile.status} on a device, as SFT says")
        if any(row[1] and not row[5] for row in self._state.archive.rows):
            used.append("add-ons on it are over")
        if there := self._state.subscription.unmatched:  # whose they are, and how much of them is used, nobody knows
            used.append(f"add-ons are on it that were not bought here ({', '.join(there[:MOST_TOLD])})")
        return Refund(
            refundable=not used,
            reason=f"Not to be paid back: {'; '.join(used)}." if used else "It was never used: everything on it.",
            at=workflow.now(),
            addons=[addon.model_copy(deep=True) for addon in addons],
        )


def _why_used(addon: Addon, since: datetime) -> str:
    """Why it cannot be said that an add-on was never used; empty if it can."""
    usage, what = addon.usage, f"{addon.product} of purchase {addon.purchase_id}"
    if usage is None or not usage.granted_bytes or (addon.status == "provisioned" and usage.as_of < since):
        return f"what is left of {what} cannot be read"
    if usage.state == "waiting_for_first_use":
        return ""
    began = f", begun on {usage.starts_at:%-d %b %Y}" if usage.starts_at else ""
    return f"{what} is {usage.state.replace('_', ' ')} ({usage.left or 'how much is not known'} left{began})"
