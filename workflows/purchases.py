"""Every add-on that was ever bought for one eSIM: those that matter today in full, and a line for each other."""

from datetime import datetime
from typing import Final

from temporalio.exceptions import ApplicationError

from contract.addon import Addon, AddonError
from contract.esim import FirstAddon, ProvisionedEsim
from contract.failure import CANCELLED, INVALID_REQUEST, SFT_UNAVAILABLE
from contract.purchase import AddonPurchase
from workflows.archive import Row
from workflows.counting import count_addon
from workflows.state import SubscriptionState, Track

KEPT: Final = 100
"""How many purchases are shown in full, whether or not they are over: the newest ones."""

MOST: Final = 500
"""How many are shown in full at all. More than that cannot be in use on one eSIM, and the state has to stay small."""

MOST_PENDING: Final = 500
"""How many may wait to be provisioned: each of them is kept in full, on a suspended eSIM for months."""

MANY: Final = 1_000
"""Purchases from which on it is looked how large the state has become."""

FULL_BYTES: Final = 1_500_000
"""The state at which an eSIM takes no new purchase: Temporal ends a run that would go on with more than 2 MB."""

PAGE: Final = 1_000
"""Purchases that are told of at a time: an answer of Temporal's may have 2 MB."""

NEW: Final = Track()


class Purchases:
    """The add-ons in a subscription's state, found by the purchase_id that each of them was bought under."""

    def __init__(self, state: SubscriptionState) -> None:
        self._state = state
        self._addons = {addon.purchase_id: addon for addon in state.subscription.addons}
        self._rows: dict[str, Row] = {row[0]: row for row in state.archive.rows}
        self._over = ""

    def find(self, purchase_id: str) -> Addon | None:
        """The add-on of this purchase, as far as it is remembered."""
        if addon := self._addons.get(purchase_id):
            return addon
        row = self._rows.get(purchase_id)
        return self._state.archive.addon(row) if row else None

    def page(self, start: int) -> dict[str, list[Addon] | int]:
        """``addons``: the purchases from this position on, PAGE at most, without their last readings, those that are
        archived first; and how many there are after these, as ``archived``."""
        archived, stop = len(self._state.archive.rows), start + PAGE
        shown = self._state.subscription.addons[max(0, start - archived) : max(0, stop - archived)]
        addons = [
            *self._state.archive.addons(start, stop),
            *(addon.model_copy(update={"usage": None}) for addon in shown),
        ]
        return {"addons": addons, "archived": max(0, archived + len(self._state.subscription.addons) - stop)}

    def esim(self) -> ProvisionedEsim | None:
        """What the first purchase returns, but for what became of its e-mail; None while, and where, it is not sold."""
        bought = self._state.purchase
        first = self.find(bought.purchase_id)
        if first is None and self._state.is_adopted:  # without any add-on that was known
            first = Addon(**bought.model_dump(include={"purchase_id", "product", "plan_id"}), status="provisioned")
        if first is None or self._state.owner is not None:
            return None
        ids = {"subscription_id", "traveler_id", "endpoint_id", "iccid", "msisdn"}
        return ProvisionedEsim(
            **self._state.subscription.model_dump(include=ids),
            activation_code=self._state.activation_code,
            addon=FirstAddon.model_validate(first.model_dump(exclude={"usage"})),
        )

    def refuse_conflict(self, purchase: AddonPurchase) -> None:
        """Raises ApplicationError, ``InvalidRequest``, if the purchase_id is known as a purchase of something else."""
        known = self.find(purchase.purchase_id)
        if known and (known.product, known.plan_id) != (purchase.product, purchase.plan_id):
            raise ApplicationError(
                f"purchase_id {purchase.purchase_id} is known as {known.product} ({known.plan_id}); a purchase of "
                f"{purchase.product} ({purchase.plan_id}) needs a purchase_id of its own",
                type=INVALID_REQUEST,
                non_retryable=True,
            )

    def refuse_if_over(self) -> None:
        """Raises ApplicationError, ``Cancelled``, if nothing can be bought any more."""
        if self._over:
            raise ApplicationError(self._refusal, type=CANCELLED, non_retryable=True)

    def refuse_if_full(self) -> None:
        """Raises ApplicationError for one more purchase: ``SftUnavailable`` if too many wait already, ``Cancelled`` if
        no more can be remembered."""
        subscription = self._state.subscription
        if len(self._state.queue) >= MOST_PENDING:
            raise ApplicationError(
                f"{MOST_PENDING} purchases wait to be provisioned on {subscription.subscription_id}, which is "
                f"{subscription.status}: send this one again once they are",
                type=SFT_UNAVAILABLE,
                non_retryable=True,
            )
        is_large = len(subscription.addons) + subscription.archived > MANY
        if is_large and len(self._state.model_dump_json(exclude_defaults=True)) > FULL_BYTES:
            raise ApplicationError(
                f"{subscription.subscription_id} cannot remember more purchases than it has; buy it for another eSIM",
                type=CANCELLED,
                non_retryable=True,
            )

    def accept(self, purchase: AddonPurchase, now: datetime) -> Addon:
        """The add-on of this purchase: a new one, the known one as it stands, or a failed one to be tried again."""
        addon = self.find(purchase.purchase_id)
        self._set_turn(purchase, is_under_way=addon is not None and addon.status != "failed")
        if addon is None:
            addon = self._new(Addon.model_validate(purchase.model_dump() | {"bought_at": now}))
            self._state.queue.append(addon.purchase_id)
        elif addon.status == "failed":
            addon = self.unarchived(addon)
            addon.status, addon.error, addon.attempt = "pending", None, addon.attempt + 1
            addon.decided_at, addon.ordered_by = None, purchase.ordered_by
            self._state.queue.append(addon.purchase_id)
        if self._over:
            self.fail_pending(self._over, now)
        return addon

    def fail_pending(self, reason: str, now: datetime) -> list[Addon]:
        """Fails those that are pending, and from now on every one that comes in. Those that it failed."""
        self._over = reason
        self._state.in_bulk.clear()
        failed = [addon for addon in self._addons.values() if addon.status == "pending"]
        for addon in failed:
            addon.status, addon.decided_at = "failed", now
            addon.error = AddonError(type=CANCELLED, message=self._refusal)
            if addon.purchase_id in self._state.queue:  # not the first: that one is part of a sale
                count_addon(addon)
        self._state.queue.clear()
        return failed

    def unarchived(self, addon: Addon) -> Addon:
        """An add-on that was found, shown in full from now on."""
        if row := self._rows.pop(addon.purchase_id, None):
            self._state.archive.remove(row)
            self._state.subscription.archived -= 1
            self._new(addon)
        return addon

    def remove(self, addon: Addon, reason: str, now: datetime) -> None:
        """It is not on the eSIM, by order: one that is still pending is not provisioned any more."""
        self.leave_queue(addon)
        addon.status, addon.removed_at, addon.removed_because = "removed", now, reason

    def leave_queue(self, addon: Addon) -> None:
        """It is not to be provisioned any more: it is, or never will be."""
        if addon.purchase_id in self._state.queue:
            self._state.queue.remove(addon.purchase_id)
        self._state.in_bulk.pop(addon.purchase_id, None)

    def first_in_queue(self) -> Addon:
        """The add-on to provision next. It is pending, and so never archived."""
        return self._addons[self._state.queue[0]]

    def provisioned(self) -> list[Addon]:
        """Those that are instances at SFT and are shown in full, in order of purchase."""
        return [addon for addon in self._state.subscription.addons if addon.status == "provisioned"]

    def is_shown(self, addon: Addon) -> bool:
        """Whether it is shown in full, and not archived."""
        return self._addons.get(addon.purchase_id) is addon

    def accounted(self) -> list[str]:
        """The uniqueId of every instance that was ever bought here."""
        archived = [row[1] for row in self._state.archive.rows if row[1]]
        return [*archived, *(addon.unique_id for addon in self._addons.values() if addon.unique_id)]

    def track(self, addon: Addon) -> Track:
        """What is known of an add-on beside what the portal gets to see."""
        return self._state.tracks.setdefault(addon.purchase_id, Track())

    def keep_small(self) -> None:
        """Archives what is over, but for the newest purchases, and the oldest of the rest if there are too many."""
        addons = self._state.subscription.addons
        self._archive([addon for addon in addons[:-KEPT] if self._is_over(addon)])
        self._archive([addon for addon in addons[:-MOST] if addon.status != "pending"])

    def _archive(self, past: list[Addon]) -> None:
        for addon in past:
            self._state.archive.add(addon)
            self._rows[addon.purchase_id] = self._state.archive.rows[-1]
            self._state.tracks.pop(addon.purchase_id, None)
            self._state.subscription.addons.remove(addon)
            del self._addons[addon.purchase_id]
        self._state.subscription.archived = len(self._state.archive.rows)

    def _new(self, addon: Addon) -> Addon:
        self._state.subscription.addons.append(addon)
        self._addons[addon.purchase_id] = addon
        return addon

    def _is_over(self, addon: Addon) -> bool:
        return addon.status in ("failed", "removed") or self._state.tracks.get(addon.purchase_id, NEW).gone

    def _set_turn(self, purchase: AddonPurchase, *, is_under_way: bool) -> None:
        if purchase.bulk is None:  # also of one that was sent among many before: somebody is in a hurry now
            self._state.in_bulk.pop(purchase.purchase_id, None)
        elif not is_under_way:
            self._state.in_bulk[purchase.purchase_id] = purchase.bulk

    @property
    def _refusal(self) -> str:
        return f"not provisioned on {self._state.subscription.subscription_id} ({self._over}); buy it for another eSIM"
