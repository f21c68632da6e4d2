"""Somebody who may write to the namespace and has no keys: has ciphertext opened where it was not written, or plaintext
taken for ours. Against the real server, workers that encrypt, and the shop over HTTP."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
)
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.service import RPCError

from contract.esim import ProvisionedEsim
from contract.order import LifecycleOrder
from portal.signing import signer
from temporal.encryption.sealed import Undecipherable
from tests.support.ciphertext_thief import TASK_QUEUE, FalseSubscription, Loot, intruding, stolen, without_keys
from tests.support.encrypting_shop import encrypting_shop, with_keys
from tests.support.encryption_keys import key, ring
from tests.support.html_visitor import visiting
from tests.support.portal import opened
from tests.support.seller import Seller, eventually, seller

Run = WorkflowHandle[Any, Any]

ELSEWHERE = "was written for another workflow"
IN_PLAIN_TEXT = "came in plain text, which ESIM_REQUIRE_ENCRYPTION refuses here"


@workflow.defn(name="Spoof")
class Spoof:
    @workflow.run
    async def run(self) -> None:
        raise ApplicationError("call this number", type="AddonRejected", non_retryable=True)


@workflow.defn(name="Caller")
class Caller:
    @workflow.run
    async def run(self, task_queue: str) -> str:
        try:
            await workflow.execute_activity(
                "suspend_esim",
                Loot.answer,
                task_queue=task_queue,
                start_to_close_timeout=timedelta(seconds=10),
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
        except ActivityError:
            return "refused"
        return "carried out"


@asynccontextmanager
async def requiring_shop(client: Client) -> AsyncIterator[Seller]:
    """A seller whose portal and workers encrypt, and take nothing that is not encrypted."""
    async with seller(
        with_keys(client, ring(1, is_required=True)),
        esim_encryption_keys=SecretStr(key(1)),
        esim_require_encryption=True,
    ) as shop:
        yield shop


async def test_the_install_page_as_an_oracle_for_the_code_of_another(client: Client) -> None:
    async with encrypting_shop(client) as shop, shop.working(), opened(shop) as portal, visiting(portal.url) as visitor:
        sold = await shop.sell()
        await visitor.text("/")
        cookie = visitor.http.cookies["traveler"]
        traveler_id = signer(portal.settings.portal_secrets(), "cookie traveler").loads(cookie)
        evil = f"EVIL-{next(shop.numbers)}"
        Loot.endpoint_id = evil
        Loot.result = await stolen(client, f"provision-{sold.addon.purchase_id}", "workflow_execution_completed")
        addon = sold.addon.model_dump(mode="json") | {"purchase_id": evil}
        Loot.answer = {
            "subscription_id": f"subscription-{evil}",
            "traveler_id": traveler_id,
            "endpoint_id": evil,
            "iccid": sold.iccid,
            "status": "active",
            "addons": [addon],
        }
        async with intruding(client) as intruder:
            purchase = {"purchase_id": evil, "traveler_id": traveler_id, "product": "x", "plan_id": "y"}
            run: Run = await intruder.start_workflow(
                "ProvisionEsimWorkflow", purchase, id=f"provision-{evil}", task_queue=TASK_QUEUE
            )

            async def claimed() -> Any:
                with suppress(RPCError):
                    return await intruder.get_workflow_handle(f"subscription-{evil}").query("subscription")

            assert (await eventually(claimed))["traveler_id"] == traveler_id
            with pytest.raises(Undecipherable, match=ELSEWHERE):
                await shop.client.get_workflow_handle(run.id, result_type=ProvisionedEsim).result()
            for path in (f"/esims/{evil}/install", f"/esims/{evil}", f"/purchases/{evil}"):
                page = await visitor.http.get(path)
                assert sold.activation_code.split("$")[-1] not in page.text, path
            assert (await visitor.http.get(f"/esims/{evil}/install")).status_code != 200
            await intruder.get_workflow_handle(f"subscription-{evil}").terminate()


async def test_the_messages_of_one_esim_sent_to_another(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    async with encrypting_shop(client) as shop, shop.working():
        one, other = await shop.sell(), await shop.sell()
        await shop.run_of(one.endpoint_id).signal("addon_purchased", shop.addon())
        await shop.settled(one.endpoint_id)
        await shop.run_of(one.endpoint_id).execute_update("suspend", LifecycleOrder(reason="system"))
        signal = await stolen(client, one.subscription_id, "workflow_execution_signaled")
        update = await stolen_update(client, one.subscription_id)
        start = await stolen(client, f"provision-{one.addon.purchase_id}", "workflow_execution_started")
        intruder = without_keys(client)
        target = intruder.get_workflow_handle(other.subscription_id)
        with caplog.at_level(logging.WARNING):
            await target.signal("addon_purchased", RawValue(signal))
            await eventually_logged(caplog, "signal addon_purchased ignored: the input is encrypted with key")
        assert ELSEWHERE in caplog.text
        for name in ("suspend", "close"):
            with pytest.raises(WorkflowUpdateFailedError) as refusal:
                await target.execute_update(name, RawValue(update))
            assert isinstance(refusal.value.cause, ApplicationError)
            assert refusal.value.cause.type == "InvalidRequest"
        with pytest.raises(WorkflowQueryFailedError):
            await target.query("addon", RawValue(signal))
        again: Run = await intruder.start_workflow(
            "ProvisionEsimWorkflow",
            RawValue(start),
            id=f"provision-EVIL-{next(shop.numbers)}",
            task_queue=shop.task_queue,
        )
        with pytest.raises(WorkflowFailureError) as failure:
            await shop.client.get_workflow_handle(again.id).result()
        assert isinstance(failure.value.cause, ApplicationError)
        assert failure.value.cause.type == "InvalidRequest"
        assert ELSEWHERE in failure.value.cause.message
        untouched = await shop.subscription(other.endpoint_id)
        assert (untouched.status, len(untouched.addons), untouched.set_aside) == ("active", 1, [])


async def stolen_update(client: Client, workflow_id: str) -> Payload:
    history = await without_keys(client).get_workflow_handle(workflow_id).fetch_history()
    accepted = [event.workflow_execution_update_accepted_event_attributes for event in history.events]
    return [one for one in accepted if one.HasField("accepted_request")][-1].accepted_request.input.args.payloads[0]


async def eventually_logged(caplog: pytest.LogCaptureFixture, words: str) -> None:
    async def logged() -> bool:
        return words in caplog.text

    await eventually(logged)


async def test_a_ciphertext_with_the_name_of_another_workflow_written_on_it(client: Client) -> None:
    async with encrypting_shop(client) as shop, shop.working():
        one, other = await shop.sell(), await shop.sell()
        await shop.run_of(one.endpoint_id).execute_update("suspend", LifecycleOrder(reason="system"))
        update = await stolen_update(client, one.subscription_id)
        update.metadata["encryption-workflow-id"] = other.subscription_id.encode()
        forged = without_keys(client).get_workflow_handle(other.subscription_id)
        with pytest.raises(WorkflowUpdateFailedError):
            await forged.execute_update("suspend", RawValue(update))
        assert (await shop.subscription(other.endpoint_id)).status == "active"


async def test_plaintext_where_only_ciphertext_is_taken(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    async with requiring_shop(client) as shop, shop.working():
        sold = await shop.sell()
        intruder = without_keys(client)
        target = intruder.get_workflow_handle(sold.subscription_id)
        with caplog.at_level(logging.WARNING):
            await target.signal("addon_purchased", shop.addon().model_dump())
            await eventually_logged(caplog, f"signal addon_purchased ignored: the input {IN_PLAIN_TEXT}")
            await target.signal("close_requested", {"reason": "system"})
            await eventually_logged(caplog, f"signal close_requested ignored: the input {IN_PLAIN_TEXT}")
        for name, said in (("purchase_addon", shop.addon().model_dump()), ("close", {"reason": "system"})):
            with pytest.raises(WorkflowUpdateFailedError) as refusal:
                await target.execute_update(name, said)
            assert isinstance(refusal.value.cause, ApplicationError)
            assert refusal.value.cause.type == "InvalidRequest"
        with pytest.raises(WorkflowQueryFailedError):
            await target.query("addon", {"purchase_id": sold.addon.purchase_id})
        purchase = shop.purchase()
        started: Run = await intruder.start_workflow(
            "ProvisionEsimWorkflow",
            purchase.model_dump(),
            id=f"provision-{purchase.purchase_id}",
            task_queue=shop.task_queue,
        )
        with pytest.raises(WorkflowFailureError) as failure:
            await shop.client.get_workflow_handle(started.id).result()
        assert isinstance(failure.value.cause, ApplicationError)
        assert (failure.value.cause.type, IN_PLAIN_TEXT in failure.value.cause.message) == ("InvalidRequest", True)
        subscription = await shop.subscription(sold.endpoint_id)
        assert (subscription.status, len(subscription.addons), subscription.set_aside) == ("active", 1, [])
        assert len(shop.platform.endpoint(sold.endpoint_id).addons) == 1


async def test_answers_and_reasons_in_plaintext_where_only_ciphertext_is_taken(client: Client) -> None:
    async with requiring_shop(client) as shop:
        evil = f"EVIL-{next(shop.numbers)}"
        Loot.answer = {
            "subscription_id": "x",
            "traveler_id": "T",
            "endpoint_id": evil,
            "iccid": "0",
            "status": "active",
        }
        async with intruding(client, [FalseSubscription, Spoof]) as intruder:
            await intruder.start_workflow(
                "TravelerSubscriptionWorkflow", {}, id=f"subscription-{evil}", task_queue=TASK_QUEUE
            )
            with pytest.raises(Undecipherable, match=IN_PLAIN_TEXT):
                await shop.subscription(evil)
            await intruder.get_workflow_handle(f"subscription-{evil}").terminate()
            await intruder.start_workflow("Spoof", id=f"provision-{evil}", task_queue=TASK_QUEUE)
            with pytest.raises(WorkflowFailureError) as failure:
                await shop.client.get_workflow_handle(f"provision-{evil}").result()
            assert isinstance(failure.value.cause, ApplicationError)
            assert failure.value.cause.message == f"The reason {IN_PLAIN_TEXT}: send it encrypted"


async def test_our_activities_called_by_somebody_elses_workflow(client: Client) -> None:
    async with requiring_shop(client) as shop, shop.working():
        sold = await shop.sell()
        Loot.answer = {"endpoint_id": sold.endpoint_id, "reason": "system"}
        async with intruding(client, [Caller]) as intruder:
            name = f"EVIL-{next(shop.numbers)}"
            call: Run = await intruder.start_workflow("Caller", shop.task_queue, id=name, task_queue=TASK_QUEUE)
            assert await call.result() == "refused"
        assert (await shop.subscription(sold.endpoint_id)).status == "active"
        assert shop.platform.endpoint(sold.endpoint_id).status == "Active"
