"""The simulated account's endpoints and their add-ons, and what can be done to them."""

import itertools
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from tools.simulator.endpoint import ELSEWHERE, AddonInstance, Cause, Endpoint, Status
from tools.simulator.plan import Plan
from tools.simulator.refusal import (
    NO_SIM_ATTACHED,
    UNKNOWN_ENDPOINT,
    UNKNOWN_PLAN,
    WRONG_TRANSITION,
    Refused,
)
from tools.simulator.usage import Usage

FIRST_ENDPOINT = 4_000_001
FIRST_UNIQUE_ID = 7_000_001


class EndpointStore:
    """Endpoints in a fixed order, and the plans. Every method is one atomic step: none of them awaits.

    ``now`` is the only clock in here. What is due on an endpoint by then has happened before anything is done to it.
    """

    def __init__(
        self, plans: Iterable[Plan], now: Callable[[], datetime], usage: Usage, first_endpoint: int = FIRST_ENDPOINT
    ) -> None:
        self._first_endpoint = first_endpoint
        self.plans = {plan.plan_id: plan for plan in plans}
        self.endpoints: dict[str, Endpoint] = {}
        self._by_iccid: dict[str, str] = {}
        self._stock = OrderedDict[str, None]()
        """The ids of all that can be sold, in order, and of some that cannot be any more: they are found out by and
        by, for an inventory may be large."""
        self._now = now
        self._usage = usage
        self._unique_ids = itertools.count(FIRST_UNIQUE_ID)

    def add_esims(self, count: int) -> list[Endpoint]:
        """Add ``count`` Pre-Active eSIMs, each attached to an endpoint of its own."""
        first = len(self.endpoints) + 1
        added = [_new_endpoint(self._first_endpoint + serial - 1, serial) for serial in range(first, first + count)]
        for endpoint in added:
            self.endpoints[endpoint.endpoint_id] = endpoint
            self._by_iccid[endpoint.iccid] = endpoint.endpoint_id
            self._stock[endpoint.endpoint_id] = None
        return added

    def add_sold(self, count: int, plan_ids: Sequence[str]) -> list[Endpoint]:
        """Add ``count`` eSIMs that were sold elsewhere: Active from the first moment, with an instance of each plan.

        Raises Refused for an unknown plan, and adds nothing then.
        """
        plans = [self._plan(plan_id) for plan_id in plan_ids]
        added = self.add_esims(count)
        for endpoint in added:
            self.set_status(endpoint.endpoint_id, "Active", ELSEWHERE)
            for plan in plans:
                self._add_instance(endpoint, plan, ELSEWHERE)
        return added

    def stock(self, count: int) -> list[Endpoint]:
        """The first ``count`` Pre-Active endpoints with a SIM; fewer if there are no more."""
        found, sold = list[Endpoint](), list[str]()
        for endpoint_id in self._stock:
            endpoint = self.endpoints.get(endpoint_id)
            if endpoint is None or not endpoint.is_in_stock:
                sold.append(endpoint_id)
                continue
            found.append(self.endpoint(endpoint_id))
            if len(found) >= count:
                break
        for endpoint_id in sold:
            del self._stock[endpoint_id]
        return found

    def with_iccid(self, iccid: str) -> Endpoint | None:
        """The endpoint of this SIM; None if there is none."""
        endpoint = self.endpoints.get(self._by_iccid.get(iccid, ""))
        if endpoint is None or endpoint.iccid != iccid:  # it may have been given another one
            endpoint = next((one for one in self.endpoints.values() if one.iccid == iccid), None)
        return self.endpoint(endpoint.endpoint_id) if endpoint else None

    def endpoint(self, endpoint_id: str) -> Endpoint:
        """The endpoint of that id. Raises Refused if there is none."""
        if endpoint_id not in self.endpoints:
            raise Refused(UNKNOWN_ENDPOINT, "Endpoint not found")
        endpoint = self.endpoints[endpoint_id]
        self._usage.settle(endpoint)
        return endpoint

    def set_status(self, endpoint_id: str, status: Status, cause: Cause) -> None:
        """Give the endpoint a status, whichever it had."""
        endpoint = self.endpoint(endpoint_id)
        if endpoint.status != status:
            endpoint.status = status
            self._restock(endpoint_id)
            endpoint.remember("status", status, cause, self._now())

    def set_attached(self, endpoint_id: str, attached: bool) -> None:
        """Take the SIM from the endpoint, or give it back."""
        self.endpoint(endpoint_id).attached = attached
        self._restock(endpoint_id)

    def change_lifecycle(self, endpoint_id: str, status: Status, cause: Cause) -> tuple[Status, Status]:
        """Activate or suspend, and return the status before and after.

        Raises Refused for an unknown endpoint, one without SIM, and suspending a Pre-Active one (assumption).
        """
        endpoint = self._with_sim(endpoint_id)
        previous = endpoint.status
        if status == "Suspended" and previous == "Pre-Active":
            raise Refused(WRONG_TRANSITION, "LifeCycle change not allowed from Pre-Active to Suspended")
        self.set_status(endpoint_id, status, cause)
        return previous, status

    def activate(self, endpoint_id: str, cause: Cause) -> bool:
        """Activate, and return whether that changed anything. Raises Refused as ``change_lifecycle`` does."""
        previous, current = self.change_lifecycle(endpoint_id, "Active", cause)
        return previous != current

    def subscribe(self, endpoint_id: str, plan_id: str, cause: Cause) -> AddonInstance:
        """Put a new instance of the plan on the endpoint. Raises Refused for an unknown endpoint or plan."""
        endpoint = self.endpoint(endpoint_id)
        return self._add_instance(endpoint, self._plan(plan_id), cause)

    def change_addons(self, endpoint_id: str, plan_ids: Sequence[str], unique_ids: Sequence[str], cause: Cause) -> None:
        """Add an instance of each plan and remove the named instances: all of it, or nothing and Refused."""
        endpoint = self.endpoint(endpoint_id)
        plans = [self._plan(plan_id) for plan_id in plan_ids]
        removed = [endpoint.instance(unique_id) for unique_id in dict.fromkeys(unique_ids)]
        for plan in plans:
            self._add_instance(endpoint, plan, cause)
        for instance in removed:
            endpoint.addons.remove(instance)
            endpoint.removed_addons.append(instance)
            endpoint.remember("addon_removed", instance.unique_id, cause, self._now())

    def _restock(self, endpoint_id: str) -> None:
        """What can be sold again is in its old place again."""
        if self.endpoints[endpoint_id].is_in_stock and endpoint_id not in self._stock:
            self._stock = OrderedDict.fromkeys(self.endpoints)

    def _with_sim(self, endpoint_id: str) -> Endpoint:
        endpoint = self.endpoint(endpoint_id)
        if not endpoint.attached:
            raise Refused(NO_SIM_ATTACHED, "No SIM attached to the endpoint")
        return endpoint

    def _plan(self, plan_id: str) -> Plan:
        if plan_id not in self.plans:
            raise Refused(UNKNOWN_PLAN, "Invalid add-on plan")
        return self.plans[plan_id]

    def _add_instance(self, endpoint: Endpoint, plan: Plan, cause: Cause) -> AddonInstance:
        instance = AddonInstance(unique_id=str(next(self._unique_ids)), plan=plan, remaining_bytes=plan.granted_bytes)
        self._usage.subscribed(instance)
        endpoint.addons.append(instance)
        endpoint.remember("addon_added", instance.unique_id, cause, self._now())
        return instance


def _new_endpoint(number: int, serial: int) -> Endpoint:
    return Endpoint(
        endpoint_id=str(number),
        iccid=f"8932{serial:015d}",
        eid=f"89033{serial:027d}",
        imsi=f"20601{serial:010d}",
        msisdn=None if serial % 3 == 0 else f"3246{serial:08d}",
        smdp_address="smdp.example.com",
        matching_id=f"MATCHING-{serial:06d}",
    )
