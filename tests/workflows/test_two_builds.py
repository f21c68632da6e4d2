"""Two builds of the worker at once: what one of them cannot read waits for the other, and no sale is lost."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle, WorkflowQueryFailedError
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError
from temporalio.worker import Replayer

from contract.addon import Addon
from contract.esim import ProvisionedEsim
from contract.event import Event
from contract.purchase import PlanAmendment
from contract.workflow_ids import subscription_id
from seller.client import SellerClient
from seller.errors import NoAnswer
from temporal.data_converter import data_converter
from temporal.refused_query import IN_FAILED_STATE, is_refused
from temporal.replay import NotReplayed, replay
from tests.support import newer_build
from tests.support.event_receiver import EventReceiver, listening
from tests.support.failed_task import failed_task
from tests.support.forgetting import found_by
from tests.support.newer_build import WithoutMark, newer
from tests.support.seller import PLAN, PRODUCT, Run, Seller, eventually, seller
from tests.support.subscription_states import bought, state_with
from tools.chaos.newer_build import NewWords
from worker import INTERCEPTORS, RUNNER
from workflows import awaited_sale, state
from workflows.handover import GiveBack, HandOver
from workflows.registered import WORKFLOWS
from workflows.state import SubscriptionState, Track

AMENDMENT = PlanAmendment(product=PRODUCT, plan_id=PLAN)
ORDER = GiveBack(verdict="release", reason="test", activated="yes")


async def never_asked(run: WorkflowHandle[Any, Any]) -> None:
    """Returns once its workflow task has failed so often that the server refuses queries, and terminates it."""

    async def refused() -> bool:
        try:
            await run.query("subscription", rpc_timeout=timedelta(seconds=1))
        except (RPCError, WorkflowQueryFailedError) as error:
            return is_refused(error)
        return False

    await eventually(refused)
    await run.terminate("by mistake")
    with pytest.raises(RPCError, match=IN_FAILED_STATE):
        await run.query("last_state")


async def begun(shop: Seller) -> tuple[Run, str]:
    """A purchase that waits for its amendment, and the endpoint that it has claimed and activated."""
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    endpoint_id = (await shop.reaches(run, "needs_attention")).endpoint_id
    assert endpoint_id
    return run, endpoint_id


async def is_running(run: WorkflowHandle[Any, Any]) -> bool:
    return (await run.describe()).status == WorkflowExecutionStatus.RUNNING


@pytest.mark.long
async def test_a_claim_that_this_build_cannot_read_waits_for_the_build_that_wrote_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with seller(client) as shop:
        newer_build.use(monkeypatch, NewWords())
        async with shop.working():
            run, endpoint_id = await begun(shop)
        newer_build.use(monkeypatch, None)
        async with shop.working():
            await run.execute_update("amend_plan", AMENDMENT)
            assert (await run.result()).addon.status == "provisioned"
            why = await failed_task(shop.run_of(endpoint_id))
            assert "was written by release 1.0 and this build cannot read it (subscription.status: " in why
            assert "reserved" not in why
            assert await is_running(shop.run_of(endpoint_id))
        newer_build.use(monkeypatch, NewWords())
        async with shop.working():
            assert (await shop.subscription(endpoint_id)).status == "active"
        assert shop.platform.endpoint(endpoint_id).status == "Active"


async def test_a_hand_over_that_this_build_cannot_read_waits_and_never_ends_in_a_suspension(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (state, awaited_sale):
        monkeypatch.setattr(module, "OWNER_LOOK", timedelta(seconds=1))
    async with seller(client) as shop:
        async with shop.working():
            run, endpoint_id = await begun(shop)
            addon = Addon(purchase_id=run.id.removeprefix("provision-"), product=PRODUCT, plan_id=PLAN)
            sale = HandOver(addon=addon.model_copy(update={"unique_id": "1", "status": "provisioned"}))
            holder = shop.run_of(endpoint_id)
            await newer(client).get_workflow_handle(holder.id).signal("hand_over", sale)
            why = await failed_task(holder)
            assert "Signal hand_over was written by release 1.0 and this build cannot read it (addon.status: " in why
            await run.terminate()
            assert await is_running(holder)
        newer_build.use(monkeypatch, NewWords())
        async with shop.working():
            assert (await shop.subscription(endpoint_id)).status == "active"
        assert shop.platform.endpoint(endpoint_id).status == "Active"


@pytest.mark.long
async def test_a_give_back_that_this_build_cannot_read_waits_for_the_build_that_wrote_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with seller(client) as shop:
        async with shop.working():
            run, endpoint_id = await begun(shop)
            holder = shop.run_of(endpoint_id)
            await newer(client).get_workflow_handle(holder.id).signal("give_back", ORDER)
            assert "cannot read it (verdict: " in await failed_task(holder)
            assert shop.platform.endpoint(endpoint_id).status == "Active"
        newer_build.use(monkeypatch, NewWords())
        async with shop.working():
            assert (await holder.result()).status == "quarantined"
            await run.cancel()


@pytest.mark.long
async def test_a_state_that_was_carried_over_by_a_newer_build_waits_for_it_and_keeps_its_id(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with seller(client) as shop:
        carried_over = state_with([bought(1)], shop.platform.endpoints[0].endpoint_id)
        id = carried_over.subscription.subscription_id
        run = await newer(client).start_workflow(
            "TravelerSubscriptionWorkflow", carried_over, id=id, task_queue=shop.task_queue
        )
        async with shop.working():
            assert "The state of this run was written by release 1.0" in await failed_task(run)
            with pytest.raises(WorkflowAlreadyStartedError):
                await client.start_workflow(
                    "TravelerSubscriptionWorkflow",
                    carried_over,
                    id=id,
                    task_queue=shop.task_queue,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                )
        newer_build.use(monkeypatch, NewWords())
        async with shop.working():
            [addon] = (await shop.subscription(carried_over.subscription.endpoint_id)).addons
            assert addon.unique_id == "7000001"


async def test_what_a_newer_build_wrote_is_restored_as_it_is(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async with seller(client) as shop:
        newer_build.use(monkeypatch, NewWords())
        async with shop.working():
            sold = await shop.sell()
            run = shop.run_of(sold.endpoint_id)
            await run.terminate()
            restored = await SellerClient(client, shop.task_queue).restore(run.id)
            assert restored.is_checked
            esim = await shop.subscription(sold.endpoint_id)
            assert (esim.status, esim.addons[0].status) == ("active", "provisioned")


@pytest.mark.long
async def test_what_was_terminated_while_this_build_could_not_read_a_signal_is_restored_by_the_build_that_can(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with seller(client) as shop:
        async with shop.working():
            sold = await shop.sell()
            run, addon = shop.run_of(sold.endpoint_id), shop.addon()
            await run.signal("addon_purchased", addon)
            await shop.settled(sold.endpoint_id)
            await newer(client).get_workflow_handle(run.id).signal("give_back", ORDER)
            await failed_task(run)
            await run.signal("suspend_requested", {"reason": "system"})
            await never_asked(run)
            library = SellerClient(client, shop.task_queue)
            await library.restore(run.id, seconds=0)
            assert "Signal give_back was written by" in await failed_task(run)

            async def refused() -> str | None:
                with pytest.raises(NoAnswer) as silence:
                    await library.restore(run.id)
                return silence.value.message if silence.value.type == "QueryFailed" else None

            assert "cannot go on, and answers nothing until it can" in await eventually(refused)
            await run.terminate("by mistake, again")
        newer_build.use(monkeypatch, NewWords())
        async with shop.working():
            restored = await library.restore(run.id)
            assert restored.is_checked
            esim = await shop.becomes(sold.endpoint_id, "suspended")
            assert [bought.purchase_id for bought in esim.addons] == [sold.addon.purchase_id, addon.purchase_id]
        assert len(shop.platform.endpoint(sold.endpoint_id).addons) == 2


@pytest.mark.long
async def test_a_purchase_and_its_subscription_that_were_terminated_in_such_a_state_are_sold_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with seller(client) as shop:
        purchase = shop.purchase(plan_id="PLAN-UNHEARD-OF")
        async with shop.working():
            sale = await shop.start(purchase)
            endpoint_id = (await shop.reaches(sale, "needs_attention")).endpoint_id or ""
            holder = shop.run_of(endpoint_id)
            await newer(client).get_workflow_handle(holder.id).signal("give_back", ORDER)
            await sale.terminate("by mistake")
            await never_asked(holder)
            await found_by(shop, purchase)
        newer_build.use(monkeypatch, NewWords())
        async with shop.working():
            restored = await SellerClient(client, shop.task_queue).restore(purchase.purchase_id)
            assert "is restored" in restored.found[0]
            assert "started again" in restored.found[-1]
            again = client.get_workflow_handle(sale.id, result_type=ProvisionedEsim)
            assert (await shop.reaches(again, "needs_attention")).endpoint_id != endpoint_id
            assert (await holder.result()).status == "quarantined"
            await again.cancel()


@pytest.mark.long
async def test_what_no_worker_can_replay_is_not_restored_and_it_says_why(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with seller(client) as shop:
        newer_build.use(monkeypatch, NewWords())
        async with shop.working():
            endpoint_id = (await shop.sell()).endpoint_id
            await shop.run_of(endpoint_id).terminate("by mistake")
        newer_build.use(monkeypatch, None)
        async with shop.working():
            with pytest.raises(NoAnswer) as silence:
                await SellerClient(client, shop.task_queue).restore(endpoint_id)
        assert silence.value.message.startswith(
            f"subscription-{endpoint_id} cannot be restored right now: The history of subscription-{endpoint_id} "
            "cannot be replayed: what it holds was written by release 1.0 and this build cannot read it ("
            "subscription.status: "
        )
        assert "reserved" not in silence.value.message


async def test_a_replay_says_what_this_build_cannot_read_of_what_another_wrote(
    client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with seller(client) as shop:
        newer_build.use(monkeypatch, NewWords())
        async with shop.working():
            sold = await shop.sell()
        history = await shop.run_of(sold.endpoint_id).fetch_history()
    (file := tmp_path / "rolled-back.json").write_text(history.to_json())
    replayer = Replayer(
        workflows=WORKFLOWS, workflow_runner=RUNNER, interceptors=INTERCEPTORS, data_converter=data_converter
    )
    with pytest.raises(NotReplayed) as told:
        await replay(replayer, [str(file)])
    assert str(told.value).startswith(
        f"{file} cannot be replayed: what it holds was written by release 1.0 and this build cannot read it ("
        "subscription.status: Input should be "
    )
    assert str(told.value).endswith(")")


async def test_channels_and_events_that_only_a_newer_build_knows_are_kept_and_harm_nothing(client: Client) -> None:
    portal = EventReceiver()
    async with listening(portal) as settings, seller(client, **settings) as shop, shop.working():
        endpoint = shop.platform.endpoints[0]
        endpoint.status = "Active"
        carried_over = state_with([bought(1)], endpoint.endpoint_id)
        carried_over.channels = ["portal", "sms"]
        carried_over.tracks = {"P-1": Track(told=["addon_renewed"])}
        carried_over.to_portal = [_event(carried_over, "addon_renewed")]
        run = await client.start_workflow(
            "TravelerSubscriptionWorkflow",
            carried_over,
            id=carried_over.subscription.subscription_id,
            task_queue=shop.task_queue,
        )
        await run.execute_update("purchase_addon", shop.addon())

        async def both_told() -> bool:
            return portal.types == ["addon_renewed", "addon_provisioned"]

        await eventually(both_told)


def _event(carried_over: SubscriptionState, type: str) -> Event:
    about = carried_over.subscription
    return Event(
        event_id=f"{about.subscription_id}-0",
        type=type,
        occurred_at="2026-11-27T12:00:00Z",
        **about.model_dump(include={"subscription_id", "traveler_id", "endpoint_id"}),
    )


async def test_what_comes_from_outside_under_an_internal_name_is_ignored_or_refused(shop: Seller) -> None:
    run, endpoint_id = await begun(shop)
    holder = shop.run_of(endpoint_id)
    purchase_id = run.id.removeprefix("provision-")
    addon = Addon(purchase_id=purchase_id, product=PRODUCT, plan_id=PLAN, unique_id="1", status="provisioned")
    for name, message in (
        ("hand_over", {"addon": {"status": "installed"}}),
        ("hand_over", {"written_by": 7, "addon": {"status": "installed"}}),
        ("hand_over", HandOver(addon=addon).model_dump(exclude={"written_by"})),
        ("give_back", {"verdict": "recycle"}),
        ("give_back", {"verdict": "release", "reason": "none", "activated": "no"}),
    ):
        await holder.signal(name, message)
    assert (await shop.subscription(endpoint_id)).status == "provisioning"
    await run.execute_update("amend_plan", AMENDMENT)
    sold = await run.result()
    assert [addon.unique_id for addon in (await shop.subscription(endpoint_id)).addons] == [sold.addon.unique_id]


async def test_a_sale_whose_hand_over_was_lost_is_adopted_from_the_result_of_its_purchase(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (state, awaited_sale):
        monkeypatch.setattr(module, "OWNER_LOOK", timedelta(seconds=1))
    portal = EventReceiver()
    async with listening(portal) as settings, seller(client, **settings) as shop:
        newer_build.use(monkeypatch, WithoutMark())
        async with shop.working():
            run, endpoint_id = await begun(shop)
            await run.execute_update("amend_plan", AMENDMENT)
            sold = await run.result()
            [addon] = (await shop.becomes(endpoint_id, "active")).addons
            assert (addon.unique_id, addon.status, addon.plan_id) == (sold.addon.unique_id, "provisioned", PLAN)
            assert shop.platform.endpoint(endpoint_id).status == "Active"

            async def told() -> bool:
                return [told for told in portal.types if not told.startswith("sale_")] == ["esim_provisioned"]

            await eventually(told)
            bought_later = await shop.run_of(endpoint_id).execute_update(
                "purchase_addon", shop.addon(), result_type=Addon
            )
            assert bought_later.status == "provisioned"
            assert await is_running(client.get_workflow_handle(subscription_id(endpoint_id)))
