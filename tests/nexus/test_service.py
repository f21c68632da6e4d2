"""A portal in a namespace of its own: it buys, looks and orders by Nexus, and has no way to anything else."""

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from temporalio import workflow
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from contract.task_queues import nexus_task_queue
from nexus.__main__ import nexus_worker
from nexus.endpoint import NoEndpoint, create_endpoint
from temporal.data_converter import data_converter_with
from temporal.encryption.keys import KeyRing
from tests.security.index import OPERATIONS
from tests.support.encryption_keys import key, ring
from tests.support.seller import PRODUCT, Seller, eventually, seller
from tools.simulator.fault import Fault

ORDER = {"reason": "non_payment"}
PATIENCE = timedelta(seconds=60)


@workflow.defn
class Caller:
    """What a portal's own workflow does, with nothing but names and JSON."""

    @workflow.run
    async def run(self, endpoint: str, operation: str, asked: Any) -> Any:
        service = workflow.create_nexus_client(service="TravelEsim", endpoint=endpoint)
        return await service.execute_operation(operation, asked, schedule_to_close_timeout=PATIENCE)


@dataclass
class Portal:
    """A portal in another namespace than the seller's."""

    client: Client
    endpoint: str

    async def asks(self, operation: str, **asked: Any) -> Any:
        """What an operation answers."""
        arguments = [self.endpoint, operation, asked]
        return await self.client.execute_workflow(
            Caller.run, args=arguments, id=f"caller-{uuid.uuid4()}", task_queue="callers"
        )

    async def refused(self, operation: str, **asked: Any) -> tuple[str | None, str]:
        """Type and sentence of what an operation is refused with."""
        with pytest.raises(WorkflowFailureError) as failure:
            await self.asks(operation, **asked)
        [*_, refusal] = [cause for cause in _causes(failure.value) if isinstance(cause, ApplicationError)]
        return refusal.type, refusal.message


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


@asynccontextmanager
async def portal_of(shop: Seller, keys: KeyRing | None = None) -> AsyncIterator[Portal]:
    """A portal whose namespace may call the service of this seller, which runs."""
    name, converter = f"portal-{shop.number}", data_converter_with(keys)
    request = RegisterNamespaceRequest(namespace=name, workflow_execution_retention_period=Duration(seconds=86_400))
    await shop.client.workflow_service.register_namespace(request)
    assert await create_endpoint(shop.client, name, nexus_task_queue(shop.task_queue))
    config = shop.client.config() | {"data_converter": converter}
    here, there = Client(**config), Client(**(config | {"namespace": name}))

    async def is_there() -> bool:
        try:
            return bool((await there.count_workflows()).count == 0)
        except RPCError:  # a namespace that was only just registered
            return False

    await eventually(is_there)
    callers = Worker(there, task_queue="callers", workflows=[Caller], workflow_runner=UnsandboxedWorkflowRunner())
    async with nexus_worker(here, shop.task_queue), callers:
        yield Portal(there, name)


async def test_a_portal_in_another_namespace_sells_once_what_it_asks_for_twice(shop: Seller) -> None:
    purchase = shop.purchase().model_dump(exclude_none=True)
    async with portal_of(shop) as portal:
        sold = await portal.asks("buy", **purchase)
        assert await portal.asks("buy", **purchase) == sold
        assert (await portal.asks("purchase", purchase_id=purchase["purchase_id"]))["step"] == "completed"
        esim, addon = sold["endpoint_id"], shop.addon().model_dump(exclude_none=True)
        added = await portal.asks("buy_addon", endpoint_id=esim, purchase=addon)
        assert await portal.asks("buy_addon", endpoint_id=esim, purchase=addon) == added
        assert await portal.asks("addon", endpoint_id=esim, purchase_id=addon["purchase_id"]) == added
        assert added["status"] == "provisioned"
        read = await portal.asks("refresh_usage", endpoint_id=esim)
        assert len({each["unique_id"] for each in read["addons"]}) == 2
        assert (await portal.asks("suspend", endpoint_id=esim, order=ORDER))["status"] == "suspended"
        assert (await portal.asks("resume", endpoint_id=esim, order=ORDER))["status"] == "active"
        assert (await portal.refused("resend", endpoint_id=esim))[
            0
        ] == "InvalidRequest"  # it was sold without an address
        mailed = await portal.asks("resend", endpoint_id=esim, order={"email": "anna@example.com"})
        assert mailed["delivery"]["to"] == "a…@example.com"
        removal = {"purchase_id": addon["purchase_id"], "reason": "bought by mistake"}
        assert (await portal.asks("remove_addon", endpoint_id=esim, order=removal))["status"] == "removed"
        assert (await portal.asks("refund", endpoint_id=esim, order={"reason": "not going"}))["refundable"]
        assert (await portal.asks("esim", endpoint_id=esim))["status"] == "closed"
        listed = await portal.asks("esims", traveler_id=purchase["traveler_id"])
        assert esim in {each["endpoint_id"] for each in listed["esims"]}


async def test_what_cannot_be_done_is_refused_in_the_words_of_the_contract(shop: Seller) -> None:
    purchase = shop.purchase().model_dump(exclude_none=True)
    async with portal_of(shop) as portal:
        sold = await portal.asks("buy", **purchase)
        kind, sentence = await portal.refused("buy", **(purchase | {"traveler_id": "T-43"}))
        assert (kind, "was started as" in sentence) == ("InvalidRequest", True)
        kind, sentence = await portal.refused("buy", **(purchase | {"purchase_id": "no good"}))
        assert (kind, "purchase_id" in sentence) == ("InvalidRequest", True)
        assert (await portal.refused("esim", endpoint_id="nobodys"))[0] == "NotFound"
        assert (await portal.refused("suspend", endpoint_id="nobodys", order=ORDER))[0] == "NotFound"
        assert (await portal.refused("cancel", purchase_id=purchase["purchase_id"]))[0] == "NotFound"
        addon = shop.addon().model_dump(exclude_none=True)
        shop.platform.order(Fault(call="SubscribeAddon", kind="rejected"))
        kind, _ = await portal.refused("buy_addon", endpoint_id=sold["endpoint_id"], purchase=addon)
        assert kind == "AddonRejected"
        again = await portal.asks("buy_addon", endpoint_id=sold["endpoint_id"], purchase=addon)
        assert again["status"] == "provisioned"
        failing = shop.purchase(plan_id="PLAN-UNHEARD-OF").model_dump(exclude_none=True)
        await shop.start(shop.purchase(**failing))
        await portal.asks("cancel", purchase_id=failing["purchase_id"])
        other = addon | {"product": "Another"}
        assert (await portal.refused("buy_addon", endpoint_id=sold["endpoint_id"], purchase=other))[
            0
        ] == "InvalidRequest"


@pytest.mark.parametrize("nonsense", [{}, {"endpoint_id": "../x"}, {"purchase_id": 7, "endpoint_id": None}])
async def test_nonsense_to_an_operation_is_refused_and_changes_nothing(
    shop: Seller, nonsense: dict[str, object]
) -> None:
    async with portal_of(shop) as portal:
        for operation in OPERATIONS:
            kind, sentence = await portal.refused(operation, **nonsense)
            assert kind == "InvalidRequest"
            assert "correct the request" in sentence
    assert not shop.platform.calls["SubscribeAddon"]


async def test_what_crosses_namespaces_is_encrypted_where_there_are_keys(client: Client) -> None:
    keys = ring(1)
    encrypting = Client(**(client.config() | {"data_converter": data_converter_with(keys)}))
    async with seller(encrypting, esim_encryption_keys=key(1)) as shop, shop.working(), portal_of(shop, keys) as portal:
        sold = await portal.asks("buy", **shop.purchase().model_dump(exclude_none=True))
        assert (await portal.asks("esim", endpoint_id=sold["endpoint_id"]))["endpoint_id"] == sold["endpoint_id"]
        runs = [run async for run in portal.client.list_workflows()]
        for run in runs:
            history = await portal.client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
            assert sold["activation_code"] not in history.to_json()
            assert PRODUCT not in history.to_json()


async def test_an_endpoint_is_made_once_and_never_bent(shop: Seller) -> None:
    name = f"endpoint-{shop.number}"
    assert await create_endpoint(shop.client, name, "queue-nexus")
    assert not await create_endpoint(shop.client, name, "queue-nexus")
    with pytest.raises(NoEndpoint, match="leads to task queue queue-nexus of namespace default already"):
        await create_endpoint(shop.client, name, "another-nexus")
    with pytest.raises(NoEndpoint, match="does not make endpoint"):
        await create_endpoint(shop.client, "no good!", "queue-nexus")
