"""Activities for the add-ons on an endpoint: look, subscribe, settle what SFT did not answer, remove a surplus."""

import asyncio
import time
from collections import defaultdict
from typing import Final

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from activities.account import SftAccount
from activities.failures import as_application_errors
from activities.messages import (
    UNKNOWN_PLAN,
    AddonOrder,
    AddonSearch,
    Channel,
    Endpoint,
    EndpointLook,
    ProvisionedAddon,
    SettledAddon,
    Surplus,
)
from activities.runs import RunActivities
from activities.send_once import refuse_to_send_again
from contract.failure import ADDON_REJECTED
from sft.client import SftClient
from sft.errors import AccountRefused, Rejected
from sft.plan_id import same_plan

LONGEST_PAUSE_SECONDS: Final = 15.0
"""Between two looks whether an add-on is off."""


class AddonActivities:
    """The calls of the look, send once, settle protocol (see workflows/addon_protocol.py).

    ``channels`` is whom this worker can notify of events.
    """

    def __init__(
        self,
        client: SftClient,
        runs: RunActivities,
        settle_seconds: float,
        channels: list[Channel],
        account: SftAccount | None = None,
    ) -> None:
        self._client = client
        self._account = account or SftAccount()
        self._runs = runs
        self._settle_seconds = settle_seconds
        self.channels = channels

    @activity.defn
    async def look_at_endpoint(self, endpoint: Endpoint) -> EndpointLook:
        """Which add-on instances the endpoint has, and its state (GetEndPointProfile).

        Raises:
            ApplicationError: ``SftUnavailable``, ``SftUnanswered`` (also where an instance of the plan that is asked
                for cannot be told from others) or ``SftAuthenticationFailed``.
        """
        with as_application_errors():
            profile = await self._client.get_endpoint_addons(endpoint.endpoint_id)
            if endpoint.plan_id is not None:
                profile.require_readable(endpoint.plan_id)
        instances = defaultdict[str, dict[str, None]](dict)  # in order, and each once
        for row in profile.plans:
            if row.unique_id:
                instances[row.plan_id or UNKNOWN_PLAN][row.unique_id] = None
        return EndpointLook(
            status=profile.status,
            instances={plan_id: list(unique_ids) for plan_id, unique_ids in instances.items()},
            hidden_plans=profile.hidden_plans,
            settle_seconds=self._settle_seconds,
            channels=self.channels,
        )

    @activity.defn
    async def provision_addon(self, order: AddonOrder) -> ProvisionedAddon:
        """Step 3 of the guide: one SubscribeAddon. Not idempotent: no attempt but the first sends it.

        Raises:
            ApplicationError: ``AddonRejected`` (final), ``SftRefusesAccount`` (the operator's matter: also without
                asking SFT, if it was refused lately), ``SftUnavailable`` or ``SftAuthenticationFailed`` (surely not
                done), or ``SftUnanswered`` (may have been done: look before it is sent again).
        """
        refuse_to_send_again("SubscribeAddon")
        self._account.require_addons(order.endpoint_id)
        listed = order.asks_whether_listed and await self._is_listed()
        with as_application_errors(rejected_as=ADDON_REJECTED):
            try:
                instance = await self._client.subscribe_addon(order.endpoint_id, order.plan_id)
            except (Rejected, AccountRefused) as error:
                self._account.refuse("addon", error, order.endpoint_id, order.plan_id)
                raise
        self._account.works("addon")
        return ProvisionedAddon(plan_id=instance.plan_id, unique_id=instance.unique_id, is_run_listed=listed)

    @activity.defn
    async def settle_addon(self, search: AddonSearch) -> SettledAddon:
        """Looks for the instance that an unanswered SubscribeAddon may have made, until the settle window is over.

        Fails for as long as it is neither there nor out of time: Temporal's retry policy is the looking again. Both
        ends of the window are the server's clock, so that a worker whose clock is off settles nothing too early.
        """
        info = activity.info()
        elapsed = (info.started_time - info.scheduled_time).total_seconds()
        if new := await self._new_instances(search):
            return SettledAddon(unique_id=new[0])
        if elapsed >= self._settle_seconds:
            return SettledAddon()
        raise ApplicationError(
            f"SubscribeAddon for plan {search.plan_id} was not answered, and no new instance is on endpoint "
            f"{search.endpoint_id} yet ({elapsed:.0f} of {self._settle_seconds:.0f} s); looking again",
            type="NotSettledYet",
        )

    @activity.defn
    async def remove_addon(self, addon: Surplus) -> None:
        """Takes add-ons off that were bought, on order (PATCH endpoint). What is not there any more is taken off.

        SFT is asked for it also where a profile does not show them: it may show them late, and then for good. What it
        says that it has done is looked at, for as long as it may take.

        Raises:
            ApplicationError: ``AddonRejected`` (final) if SFT refuses although it is there, or still shows it after it
                has agreed; else as a look.
        """
        with as_application_errors(rejected_as=ADDON_REJECTED):
            try:
                await self._client.remove_addons(addon.endpoint_id, addon.unique_ids)
            except Rejected:  # of an earlier attempt that was not answered, maybe: that was done meanwhile
                if await self._left_of(addon):
                    raise
                return
            await self._until_gone(addon)

    async def _until_gone(self, addon: Surplus) -> None:
        until, pause = time.monotonic() + self._settle_seconds, 1.0
        while there := {*addon.unique_ids}.intersection(await self._unique_ids_on(addon.endpoint_id)):
            if time.monotonic() >= until:
                words = f"it agreed, and {', '.join(sorted(there))} is still on the endpoint"
                raise ApplicationError(
                    f"{words} {self._settle_seconds:.0f} s later", type=ADDON_REJECTED, non_retryable=True
                )
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    async def _unique_ids_on(self, endpoint_id: str) -> list[str]:
        return (await self._client.get_endpoint_addons(endpoint_id)).unique_ids

    @activity.defn
    async def remove_surplus(self, surplus: Surplus) -> None:
        """Removes instances that SFT made late, after the same add-on had been sent again (PATCH endpoint).

        Those that are gone already, by an earlier attempt that SFT did not answer, are not named again: SFT may refuse
        to remove what is not there.
        """
        with as_application_errors():
            if left := await self._left_of(surplus):
                await self._client.remove_addons(surplus.endpoint_id, left)

    async def _left_of(self, surplus: Surplus) -> list[str]:
        profile = await self._client.get_endpoint_addons(surplus.endpoint_id)
        wanted = set(surplus.unique_ids)
        left = [unique_id for unique_id in profile.unique_ids if unique_id in wanted]
        if surplus.plan_id is not None and len(left) < len(surplus.unique_ids):  # what is not seen may be hidden
            profile.require_readable(surplus.plan_id)
        return left

    async def _is_listed(self) -> bool:
        try:
            return await self._runs.is_listed()
        except RPCError:
            return False

    async def _new_instances(self, search: AddonSearch) -> list[str]:
        """Raises ``SftUnanswered`` where there is none, but one that cannot be told from others may be it."""
        known = set(search.known)
        with as_application_errors():
            profile = await self._client.get_endpoint_addons(search.endpoint_id)
            new = {row.unique_id: row.plan_id for row in profile.plans if row.unique_id and row.unique_id not in known}
            ours = [unique_id for unique_id, plan_id in new.items() if same_plan(plan_id, search.plan_id)]
            ours = ours or [unique_id for unique_id in new if unique_id in search.told]
            if not ours:
                profile.require_readable(search.plan_id, known)
        return ours
