"""What becomes of add-on instances after the sale: first use, traffic, expiry and renewal."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from tools.simulator.endpoint import AddonInstance, Cause, Ending, Endpoint
from tools.simulator.habits.account import RENEWS_ANEW, RENEWS_EARLY
from tools.simulator.habits.catalog import Habits
from tools.simulator.refusal import NOT_ACTIVE, Refused

RENEWED: Final = 1_000_000_000
"""How much higher the uniqueId of a renewed instance is, where it is another one."""


class Usage:
    """Every method is one atomic step. Nothing runs in the background: whoever looks at an endpoint settles it first.

    ``keeps_ended``: a one-time instance that has ended stays on the endpoint as it was at its end. Otherwise it
    disappears at once; nothing public says how quickly SFT drops it.
    """

    def __init__(self, now: Callable[[], datetime], *, keeps_ended: bool = False, habits: Habits | None = None) -> None:
        self._now = now
        self._keeps_ended = keeps_ended
        self._habits = habits or Habits()

    def settle(self, endpoint: Endpoint) -> None:
        """Let happen what is due by now, in the order in which it was: instances expire or renew.

        It goes on while the endpoint is suspended (assumption).
        """
        now = self._now()
        while due := [instance for instance in endpoint.addons if instance.is_due(now)]:
            instance = min(due, key=lambda one: one.expires_at or now)
            expiry = instance.expires_at or now
            if instance.plan.recurring:
                self._renew(endpoint, instance, "expired", expiry)
            else:
                self._end(endpoint, instance, "expired", expiry)

    def subscribed(self, instance: AddonInstance) -> None:
        """An instance is new on its endpoint: its validity begins, unless it waits for its first use."""
        if instance.plan.starts == "at_once":
            _begin(instance, self._now())

    def use(self, endpoint: Endpoint, bytes_: int, unique_id: str | None = None) -> int:
        """Traffic on a settled endpoint; see ``Platform.use``."""
        if bytes_ < 0:
            raise ValueError("traffic has no less than 0 bytes")
        if endpoint.status != "Active":
            raise Refused(NOT_ACTIVE, f"No traffic on an endpoint that is {endpoint.status}")
        left = bytes_
        for instance in _in_turn(endpoint.addons if unique_id is None else [endpoint.instance(unique_id)]):
            left -= self._carry(endpoint, instance, left)
            if not left:
                break
        return bytes_ - left

    def _carry(self, endpoint: Endpoint, instance: AddonInstance, bytes_: int) -> int:
        now = self._now()
        if instance.starts_at is None:
            _begin(instance, now)
        carried = min(bytes_, instance.remaining_bytes)
        instance.remaining_bytes -= carried
        if not instance.remaining_bytes and instance.plan.recurring and RENEWS_EARLY in self._habits:
            self._renew(endpoint, instance, "used_up", now)
        elif not instance.remaining_bytes and not instance.plan.recurring:
            self._end(endpoint, instance, "used_up", now)
        return carried

    def _renew(self, endpoint: Endpoint, instance: AddonInstance, ending: Ending, at: datetime) -> None:
        if RENEWS_ANEW in self._habits:
            endpoint.ended_addons.append(instance.model_copy())
            instance.unique_id = str(int(instance.unique_id) + RENEWED)
        _begin(instance, at)
        instance.remaining_bytes = instance.plan.granted_bytes
        endpoint.remember("addon_renewed", instance.unique_id, Cause(ending), at)

    def _end(self, endpoint: Endpoint, instance: AddonInstance, ending: Ending, at: datetime) -> None:
        instance.ended_by = ending
        if not self._keeps_ended:
            endpoint.addons.remove(instance)
            endpoint.ended_addons.append(instance)
        endpoint.remember("addon_ended", instance.unique_id, Cause(ending), at)


def _begin(instance: AddonInstance, at: datetime) -> None:
    instance.starts_at = at
    instance.expires_at = at + timedelta(days=instance.plan.validity_days)


def _in_turn(instances: list[AddonInstance]) -> list[AddonInstance]:
    """Those that can carry traffic, in order of purchase: first those that run, then those that wait (assumption)."""
    able = [instance for instance in instances if instance.remaining_bytes and instance.ended_by is None]
    return sorted(able, key=lambda instance: instance.starts_at is None)
