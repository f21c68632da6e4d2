"""A traveler of years: eSIMs in every state that there is, 25 add-ons on one of them, and a name without a blank."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from contract.addon import Addon, UsageState
from contract.order import SuspensionReason
from contract.profile import EsimProfile
from contract.subscription import Subscription
from contract.workflow_ids import SUBSCRIPTION_TYPE
from tests.support.seller import Seller, eventually
from tests.support.subscription_states import bought, failed, state_with
from workflows.state import SubscriptionState

LONG: Final = "Rindfleischetikettierungsueberwachungsaufgabenuebertragungsgesetzestexte"
"""72 letters."""

GIGABYTE: Final = 10**9
NOW: Final = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def used(number: int, left: int, state: UsageState, **changes: object) -> Addon:
    """An add-on of 30 GB that was read."""
    usage = {
        **{"granted_bytes": 30 * GIGABYTE, "remaining_bytes": left * GIGABYTE, "state": state, "as_of": NOW},
        **{"starts_at": NOW - timedelta(days=9), "expires_at": NOW + timedelta(days=21)},
    }
    return bought(number, usage=usage, bought_at=NOW - timedelta(days=10), **changes)


def states() -> dict[str, tuple[list[Addon], dict[str, Any]]]:
    """By what each is here: its add-ons, and what else its subscription says."""
    unread = [bought(number, bought_at=NOW) for number in range(2, 26)]
    owing: SuspensionReason = "non_payment"
    error = EsimProfile(status="error", at=NOW)
    return {
        "closed": ([used(1, 0, "used_up")], {"name": "Closed", "status": "closed"}),
        "used up": ([used(1, 0, "used_up")], {}),
        "expired": ([used(1, 4, "expired", product=LONG)], {}),
        "resting": ([used(1, 0, "used_up")], {"status": "suspended", "suspended_because": "empty"}),
        "owing": (
            [used(1, 20, "in_use"), bought(2, status="pending", unique_id=None)],
            {"status": "suspended", "suspended_because": owing},
        ),
        "failed": ([used(1, 11, "in_use"), failed(2)], {"name": "Failed"}),
        "long": ([used(1, 7, "in_use", product=LONG)], {"name": LONG}),
        "not installed": ([bought(1, bought_at=NOW)], {"profile": error}),
        "new": ([bought(1, product=LONG, plan_id="PLAN-OTHER", bought_at=NOW)], {}),
        "many": ([used(1, 24, "in_use"), *unread], {"name": "Paris trip"}),
        "two": ([used(1, 30, "waiting_for_first_use"), bought(2, bought_at=NOW)], {}),
    }


async def travels(shop: Seller, traveler_id: str) -> dict[str, str]:
    """The endpoint ids of all of these, by what they are, once they are listed."""
    found = {}
    for number, (name, (addons, changes)) in enumerate(states().items()):
        endpoint_id = found[name] = f"{next(shop.numbers)}"
        own = [one.model_copy(update={"purchase_id": f"P-{endpoint_id}-{one.purchase_id}"}) for one in addons]
        state = state_with(own, endpoint_id)
        about = {"traveler_id": traveler_id, "iccid": f"89320000000000{number:05}", **changes}
        fields = state.subscription.model_dump() | about
        state.subscription = Subscription.model_validate(fields)
        state.purchase.traveler_id = traveler_id
        await _start(shop, SubscriptionState.model_validate(state.model_dump()))

    async def are_listed() -> bool:
        count = await shop.client.count_workflows(f"TravelerId = '{traveler_id}' AND ExecutionStatus != 'Failed'")
        return count.count >= len(found)

    await eventually(are_listed)
    return found


async def _start(shop: Seller, state: SubscriptionState) -> None:
    await shop.client.start_workflow(
        SUBSCRIPTION_TYPE,
        state,
        id=state.subscription.subscription_id,
        task_queue=shop.task_queue,
        search_attributes=state.search_attributes,
    )
