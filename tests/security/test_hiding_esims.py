"""Somebody who may write to the namespace and has no keys wants travelers not to see their eSIMs, and to have others
that are none."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

from contract.esim import ProvisionedEsim
from seller.client import SellerClient
from seller.search import Search
from tests.support.encrypting_shop import encrypting_shop
from tests.support.intruder import Answers, Intruder, intruding
from tests.support.rest import calling
from tests.support.seller import Seller, eventually
from tests.support.subscription_states import bought, state_with


@pytest.fixture
async def shop(client: Client) -> AsyncIterator[Seller]:
    async with encrypting_shop(client) as shop, shop.working():
        yield shop


def sealed(label: bytes) -> RawValue:
    """What may be anything, under a key of this label."""
    metadata = {"encoding": b"binary/encrypted", "encryption-key-id": label}
    return RawValue(Payload(metadata=metadata, data=b"x" * 40))


GARBAGE: dict[str, Any] = {
    "a key that nobody has": sealed(b"k9:0123456789abcdef"),
    "no key": sealed(b"\xff \n"),
    "an encoding that nobody knows": RawValue(Payload(metadata={"encoding": b"binary/unheard-of"}, data=b"x")),
    "no JSON": RawValue(Payload(metadata={"encoding": b"json/plain"}, data=b"{")),
    "nonsense": {"written_by": "1.0", "subscription": 7},
    "nothing": None,
}


async def listed(api: httpx.AsyncClient, esim: ProvisionedEsim) -> list[dict[str, Any]]:
    """All eSIMs of the traveler, once theirs is among them."""

    async def found() -> list[dict[str, Any]] | None:
        answer = await api.get(f"/travelers/{esim.traveler_id}/esims")
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()
        return items if any(item.get("iccid") == esim.iccid for item in items) else None

    return await eventually(found)


async def test_garbage_that_is_listed_for_a_traveler_hides_no_esim_of_theirs(shop: Seller, tmp_path: Path) -> None:
    victim = await shop.sell(shop.purchase(traveler_id=f"T-{shop.number}"))
    async with intruding(shop.client, f"{shop.task_queue}-evil") as intruder, calling(shop, tmp_path) as api:
        for number, garbage in enumerate(GARBAGE.values()):
            workflow_id = f"subscription-evil-{shop.number}-{number}"
            # It never gets to a worker.
            await intruder.start(
                "TravelerSubscriptionWorkflow",
                workflow_id,
                garbage,
                task_queue=f"{shop.task_queue}-nobody",
                TravelerId=victim.traveler_id,
                FirstPurchaseId=victim.addon.purchase_id,
            )
        items = await listed(api, victim)
        # Where nobody here has the key, nobody can tell that it is not theirs: they hear of it, not what it says.
        unread = [item for item in items if "iccid" not in item]
        assert len(items) - len(unread) == 1
        assert all(set(item) == {"subscription_id", "endpoint_id", "unreadable"} for item in unread)
        assert {item["endpoint_id"] for item in unread} <= {f"evil-{shop.number}-{number}" for number in (0, 1)}
        found = await SellerClient(shop.client, shop.task_queue).find(Search(traveler_id=victim.traveler_id), 100)
        shown = {one.endpoint_id: one.traveler_id for one in found.subscriptions}
        assert shown.pop(victim.endpoint_id) == victim.traveler_id
        assert set(shown.values()) <= {None}
        bought = await api.get(f"/purchases/{victim.addon.purchase_id}")
        assert (bought.status_code, bought.json()["step"]) == (200, "completed")


NONSENSE: list[Answers] = [{"subscription": 7}, {"subscription": "x"}, {"subscription": {"iccid": "1"}}, {}]


async def test_nonsense_that_answers_for_a_traveler_hides_no_esim_of_theirs(open_shop: Seller, tmp_path: Path) -> None:
    traveler_id = f"T-victim-{next(open_shop.numbers)}"
    victim = await open_shop.sell(open_shop.purchase(traveler_id=traveler_id))
    async with (
        intruding(open_shop.client, f"{open_shop.task_queue}-evil") as intruder,
        calling(open_shop, tmp_path) as api,
    ):
        for says in NONSENSE:
            await _claim(intruder, f"evil-{next(open_shop.numbers)}", traveler_id, says)
        items = await listed(api, victim)
        assert not [item for item in items if item["endpoint_id"].startswith("evil-")]


async def test_a_run_that_nobody_answers_for_is_no_outage_to_a_traveler_who_has_no_other(
    open_shop: Seller, tmp_path: Path
) -> None:
    traveler_id, name = f"T-victim-{next(open_shop.numbers)}", f"evil-{next(open_shop.numbers)}"
    async with calling(open_shop, tmp_path) as api:
        nobodys = Intruder(open_shop.client, f"{open_shop.task_queue}-nobody")
        await _claim(nobodys, name, traveler_id, {})
        answer = await api.get(f"/travelers/{traveler_id}/esims")
        assert (answer.status_code, [item["endpoint_id"] for item in answer.json()]) == (200, [])


async def _claim(intruder: Intruder, name: str, traveler_id: str, says: Answers) -> None:
    """A run that was started as an eSIM of theirs."""
    state = state_with([bought(1)], name).model_dump(mode="json")
    state["subscription"]["traveler_id"] = state["purchase"]["traveler_id"] = traveler_id
    await intruder.start("TravelerSubscriptionWorkflow", f"subscription-{name}", state, says, TravelerId=traveler_id)


CHANGED: dict[str, dict[str, dict[str, str]]] = {
    "another run": {"subscription": {"subscription_id": "subscription-another"}},
    "another endpoint": {"subscription": {"endpoint_id": "another"}},
    "another traveler": {"subscription": {"traveler_id": "T-another"}},
    "another buyer": {"purchase": {"traveler_id": "T-another"}},
}


@pytest.mark.parametrize("changed", CHANGED.values(), ids=CHANGED)
async def test_a_worker_carries_out_no_subscription_that_was_started_as_another(
    open_shop: Seller, changed: dict[str, dict[str, str]]
) -> None:
    name = f"evil-{next(open_shop.numbers)}"
    state = state_with([bought(1)], name).model_dump(mode="json")
    state |= {part: state[part] | ids for part, ids in changed.items()}
    run = await open_shop.client.start_workflow(
        "TravelerSubscriptionWorkflow", state, id=f"subscription-{name}", task_queue=open_shop.task_queue
    )
    with pytest.raises(WorkflowFailureError) as caught:
        await run.result()
    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.type == "InvalidRequest"
