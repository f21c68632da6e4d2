import time
from datetime import timedelta
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError, CancelledError

from contract.esim import ProvisionedEsim
from contract.purchase import PlanAmendment
from contract.workflow_ids import provision_id
from tests.support.seller import PLAN, PRODUCT, Run, Seller, eventually, seller
from tools.simulator.call import Call
from tools.simulator.fault import Fault
from workflows import endpoint, sft_calls
from workflows.policies import BRISK

LIFECYCLE = "EndPointLifeCycleChange"
DAILY = "PLAN-WAKANDA-DAILY"


async def failure(run: Run) -> ApplicationError:
    with pytest.raises(WorkflowFailureError) as caught:
        await run.result()
    assert isinstance(caught.value.cause, ApplicationError)
    return caught.value.cause


def statuses(shop: Seller) -> list[str]:
    return [endpoint.status for endpoint in shop.platform.endpoints]


async def status_of(shop: Seller, endpoint_id: str) -> WorkflowExecutionStatus | None:
    return (await shop.run_of(endpoint_id).describe()).status


async def test_a_purchase_becomes_an_active_esim_with_one_addon(shop: Seller) -> None:
    purchase = shop.purchase()
    sold = await shop.sell(purchase)
    endpoint = shop.platform.endpoints[0]
    [instance] = endpoint.addons
    assert endpoint.status == "Active"
    assert sold.model_dump() == {
        "subscription_id": f"subscription-{endpoint.endpoint_id}",
        "traveler_id": "T-42",
        "endpoint_id": endpoint.endpoint_id,
        "iccid": endpoint.iccid,
        "msisdn": endpoint.msisdn,
        "activation_code": endpoint.activation_code,
        "addon": {
            "purchase_id": purchase.purchase_id,
            "product": PRODUCT,
            "plan_id": PLAN,
            "unique_id": instance.unique_id,
            "status": "provisioned",
            "error": None,
        },
        "delivery": {},
    }


async def test_a_sale_without_rivals_makes_each_call_once(shop: Seller) -> None:
    await shop.sell()
    assert shop.platform.calls == {
        "login": 1,
        "fetchSIM": 1,
        LIFECYCLE: 1,
        "GetEndPointProfile": 1,
        "SubscribeAddon": 1,
    }


async def test_the_first_look_is_the_call_of_the_guide(shop: Seller) -> None:
    await shop.sell()
    await shop.sell()
    queries = [entry.query for entry in shop.platform.log if entry.call == "fetchSIM"]
    assert queries == ["simStatusId=12&simAttachStatusId=1&page=1&perPage=1"] * 2


async def scheduled_by(run: Run) -> dict[str, bytes]:
    """The names of the activities, in order, and their summaries."""
    return {
        event.activity_task_scheduled_event_attributes.activity_type.name: event.user_metadata.summary.data
        async for event in run.fetch_history_events()
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    }


async def test_the_history_reads_like_the_guide(shop: Seller) -> None:
    run = await shop.start(shop.purchase(email="jo@example.com"))
    await run.result()
    scheduled = await scheduled_by(run)
    assert list(scheduled) == ["find_esim", "activate_esim", "provision_addon", "deliver_esim"]
    assert all(scheduled.values())


async def test_a_sale_without_email_is_delivered_by_its_result(shop: Seller) -> None:
    run = await shop.start()
    await run.result()
    assert list(await scheduled_by(run)) == ["find_esim", "activate_esim", "provision_addon"]


async def test_with_a_ceiling_every_call_to_sft_is_an_activity_of_its_own(client: Client) -> None:
    async with seller(client, sft_max_requests_per_second=100) as shop, shop.working():
        run = await shop.start()
        await run.result()
        assert list(await scheduled_by(run)) == ["find_esim", "activate_esim", "look_at_endpoint", "provision_addon"]


async def test_a_look_that_fails_right_after_an_activation_is_made_again(shop: Seller) -> None:
    shop.platform.order(Fault(call="GetEndPointProfile", kind="error_before"))
    run = await shop.start()
    await run.result()
    assert list(await scheduled_by(run)) == ["find_esim", "activate_esim", "look_at_endpoint", "provision_addon"]
    assert shop.platform.calls[LIFECYCLE] == 1


async def test_a_started_purchase_started_again_is_the_same_run(shop: Seller) -> None:
    purchase = shop.purchase()
    first, second = await shop.start(purchase), await shop.start(purchase)
    assert await first.result() == await second.result()
    assert statuses(shop).count("Active") == 1


async def start_carelessly(shop: Seller, purchase: object, workflow_id: str) -> Run:
    """As a portal does that leaves Temporal's id policies at their defaults."""
    return await shop.client.start_workflow(
        "ProvisionEsimWorkflow", purchase, id=workflow_id, task_queue=shop.task_queue, result_type=ProvisionedEsim
    )


async def test_careless_portals_get_the_first_result_and_buy_nothing(shop: Seller) -> None:
    purchase = shop.purchase()
    sold = await shop.sell(purchase)
    again = await start_carelessly(shop, purchase, provision_id(purchase.purchase_id))
    assert await again.result() == sold
    assert (await shop.progress(again)).step == "completed"
    await shop.run_of(sold.endpoint_id).execute_update("purchase_addon", shop.addon())
    after_a_top_up = await start_carelessly(shop, purchase, provision_id(purchase.purchase_id))
    assert await after_a_top_up.result() == sold
    assert statuses(shop) == ["Active", "Pre-Active", "Pre-Active"]
    assert shop.platform.calls["SubscribeAddon"] == 2


@pytest.mark.parametrize(
    "other",
    [{"plan_id": DAILY}, {"product": "Wakanda Daily"}, {"traveler_id": "T-43"}],
    ids=str,
)
async def test_a_sold_purchase_id_is_not_sold_as_something_else(shop: Seller, other: dict[str, str]) -> None:
    purchase = shop.purchase()
    await shop.sell(purchase)
    conflicting = purchase.model_copy(update=other)
    refused = await failure(await start_carelessly(shop, conflicting, provision_id(purchase.purchase_id)))
    assert refused.type == "InvalidRequest"
    assert purchase.purchase_id in refused.message
    assert statuses(shop).count("Active") == 1


async def test_a_purchase_under_another_workflow_id_is_refused(shop: Seller) -> None:
    purchase = shop.purchase()
    refused = await failure(await start_carelessly(shop, purchase, f"mine-{purchase.purchase_id}"))
    assert refused.type == "InvalidRequest"
    assert provision_id(purchase.purchase_id) in refused.message
    assert shop.platform.calls["fetchSIM"] == 0
    run = shop.client.get_workflow_handle(f"mine-{purchase.purchase_id}")
    assert (await shop.progress(run)).step == "failed"


VALID = {"purchase_id": "P-1", "traveler_id": "T-42", "product": PRODUCT, "plan_id": PLAN}


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([], "expected one input, got none"),
        ([None], "input"),
        (["P-1"], "input"),
        ([VALID, VALID], "expected one input, got 2"),
        ([[VALID]], "input"),
        *[([{key: value for key, value in VALID.items() if key != left_out}], left_out) for left_out in VALID],
        *[([VALID | {field: ""}], field) for field in VALID],
        *[([VALID | {field: 7}], field) for field in VALID],
        *[([VALID | {field: "x" * 201}], field) for field in VALID],
        *[([VALID | {field: "a\x07b"}], field) for field in VALID],
        ([VALID | {"purchase_id": "P 1"}], "purchase_id"),
        ([VALID | {"purchase_id": "P-1\n"}], "purchase_id"),
        ([VALID | {"email": "nobody"}], "email"),
        ([VALID | {"email": "a@b.example\r\nBcc: c@d.example"}], "email"),
        ([VALID | {"stock_wait_seconds": -1}], "stock_wait_seconds"),
        ([VALID | {"stock_wait_seconds": "60"}], "stock_wait_seconds"),
        ([RawValue(Payload(metadata={"encoding": b"json/plain"}, data=b"{bro"))], "input"),
        ([RawValue(Payload(metadata={"encoding": b"of/another-world"}, data=b"x"))], "decoded"),
        ([RawValue(Payload(data=b"x"))], "decoded"),
    ],
)
async def test_bad_input_is_refused_before_anything_is_touched(open_shop: Seller, args: list[Any], says: str) -> None:
    run: Run = await open_shop.client.start_workflow(
        "ProvisionEsimWorkflow", args=args, id=f"provision-{next(open_shop.numbers)}", task_queue=open_shop.task_queue
    )
    refused = await failure(run)
    assert refused.type == "InvalidRequest"
    assert says in refused.message
    assert open_shop.platform.calls.total() == 0


async def test_an_address_is_not_repeated_in_an_error(shop: Seller) -> None:
    refused = await failure(await start_carelessly(shop, VALID | {"email": "jo@@home"}, f"provision-{shop.number}"))
    assert "email" in refused.message
    assert "jo@" not in refused.message


async def test_an_address_in_an_input_of_the_wrong_shape_is_not_repeated_either(shop: Seller) -> None:
    refused = await failure(await start_carelessly(shop, [{"email": "jo@example.com"}], f"provision-{shop.number}"))
    assert "jo@" not in refused.message


async def test_credentials_refused_for_longer_than_an_outage_may_last_do_not_fail_an_activation(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (sft_calls, endpoint):
        monkeypatch.setattr(module, "OUTAGE", timedelta(seconds=6))
    monkeypatch.setattr(sft_calls.patiently, "__kwdefaults__", {"first": BRISK, "time_limit": timedelta(seconds=6)})
    async with seller(client) as shop, shop.working():
        for call, skip in (("EndPointLifeCycleChange", 0), ("RefreshToken", 0), ("login", 1)):
            shop.platform.order(Fault.model_validate({"call": call, "kind": "expired_http", "times": 0, "skip": skip}))
        run = await shop.start()

        async def waiting_for_the_operator() -> float | None:
            return time.monotonic() if "SFT_PASSWORD" in (await shop.progress(run)).detail else None

        told = await eventually(waiting_for_the_operator)

        async def longer_than_an_outage_may_last() -> bool:
            return time.monotonic() - told > 6

        await eventually(longer_than_an_outage_may_last)
        shop.platform.clear_faults()
        assert (await run.result()).addon.status == "provisioned"


async def test_unknown_fields_are_ignored(shop: Seller) -> None:
    purchase = shop.purchase()
    run = await start_carelessly(
        shop, purchase.model_dump(exclude_none=True) | {"color": "blue"}, provision_id(purchase.purchase_id)
    )
    assert (await run.result()).addon.status == "provisioned"


async def test_an_empty_inventory_is_waited_for_in_sight_and_without_alarm(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        run = await shop.start()
        waiting = await shop.reaches(run, "waiting_for_stock")
        assert "no eSIM" in waiting.detail

        async def tried_again() -> bool:
            pending = (await run.describe()).raw_description.pending_activities
            return bool(pending) and pending[0].attempt > 1

        await eventually(tried_again)
        assert caplog.text.count("waiting_for_stock: SFT has no eSIM available") == 1
        assert not [record for record in caplog.records if record.name == "temporalio.activity" and record.exc_info]
        [endpoint] = shop.platform.add_esims(1)
        assert (await run.result()).endpoint_id == endpoint.endpoint_id


async def test_an_inventory_that_stays_empty_fails_the_purchase(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        for wait in (0, 1):
            run = await shop.start(shop.purchase(stock_wait_seconds=wait))
            assert (await failure(run)).type == "NoEsimAvailable"
            assert (await shop.progress(run)).step == "failed"


async def test_wrong_credentials_are_waited_for_and_told(client: Client) -> None:
    async with seller(client) as shop:
        run = await shop.start()
        correct, shop.settings = shop.settings, {"sft_password": "wrong"}
        async with shop.working():

            async def told() -> bool:
                return "SFT_PASSWORD" in (await shop.progress(run)).detail

            await eventually(told)
        shop.settings = correct
        async with shop.working():
            assert (await run.result()).addon.status == "provisioned"


async def test_an_endpoint_that_cannot_be_activated_is_quarantined_and_another_sold(shop: Seller) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind="rejected", code="6420"))
    sold = await shop.sell()
    bad = shop.platform.endpoints[0]
    assert sold.endpoint_id != bad.endpoint_id
    await shop.run_of(bad.endpoint_id).result()
    assert (await shop.subscription(bad.endpoint_id)).status == "quarantined"
    assert bad.status == "Pre-Active"


async def test_after_five_esims_that_cannot_be_activated_the_purchase_fails(client: Client) -> None:
    async with seller(client, esims=7) as shop, shop.working():
        shop.platform.order(Fault(call=LIFECYCLE, kind="rejected", times=0))
        run = await shop.start()
        assert (await failure(run)).type == "ActivationRejected"
        assert shop.platform.calls[LIFECYCLE] == 5
        assert (await shop.progress(run)).step == "failed"


async def test_the_other_activation_call_can_be_selected(client: Client) -> None:
    async with seller(client, sft_activation_call="EndPointActivation") as shop, shop.working():
        await shop.sell()
        assert shop.platform.calls["EndPointActivation"] == 1
        assert shop.platform.calls[LIFECYCLE] == 0


@pytest.mark.parametrize("kind", ["answer_lost", "error_after", "timeout_text", "broken_json", "html", "empty_body"])
async def test_an_unanswered_activation_is_looked_up(shop: Seller, kind: Any) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind=kind, status=504))
    sold = await shop.sell()
    assert sold.endpoint_id == shop.platform.endpoints[0].endpoint_id
    assert shop.platform.calls[LIFECYCLE] == 1
    assert shop.platform.calls["GetEndPointProfile"] == 2


async def test_an_activation_that_was_not_done_is_requested_again_and_is_ours(shop: Seller) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind="late", delay_seconds=3))
    sold = await shop.sell()
    assert sold.endpoint_id == shop.platform.endpoints[0].endpoint_id
    assert shop.platform.calls[LIFECYCLE] == 2
    assert statuses(shop) == ["Active", "Pre-Active", "Pre-Active"]


@pytest.mark.parametrize("call", [LIFECYCLE, "EndPointActivation"])
async def test_a_strangers_active_endpoint_is_set_aside(client: Client, call: Any) -> None:
    async with seller(client, sft_activation_call=call) as shop, shop.working():
        shop.platform.order(Fault(call=call, kind="already_active"))
        sold = await shop.sell()
        strangers = shop.platform.endpoints[0]
        assert sold.endpoint_id != strangers.endpoint_id
        await shop.run_of(strangers.endpoint_id).result()
        assert strangers.status == "Active"
        assert strangers.addons == []


async def test_a_refused_addon_waits_for_an_amendment(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF", product="Wakanda Dayly"))
    attention = await shop.reaches(run, "needs_attention")
    assert "PLAN-UNHEARD-OF" in attention.detail
    await run.execute_update("amend_plan", PlanAmendment(product="Wakanda Daily", plan_id=DAILY))
    sold = await run.result()
    assert (sold.addon.product, sold.addon.plan_id) == ("Wakanda Daily", DAILY)
    [addon] = (await shop.subscription(sold.endpoint_id)).addons
    assert (addon.plan_id, addon.unique_id, addon.status) == (DAILY, sold.addon.unique_id, "provisioned")


async def test_a_plan_is_amended_only_where_attention_is_needed(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        run = await shop.start()
        await shop.reaches(run, "waiting_for_stock")
        for amendment in (PlanAmendment(product="x", plan_id="y"), {"product": ""}, "nonsense"):
            with pytest.raises(WorkflowUpdateFailedError) as caught:
                await run.execute_update("amend_plan", amendment)
            assert isinstance(caught.value.cause, ApplicationError)
            assert caught.value.cause.type == "InvalidRequest"
        await run.cancel()


async def test_cancelling_at_needs_attention_suspends_the_endpoint(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    attention = await shop.reaches(run, "needs_attention")
    assert attention.endpoint_id
    await run.cancel()
    with pytest.raises(WorkflowFailureError) as caught:
        await run.result()
    assert isinstance(caught.value.cause, CancelledError)
    assert shop.platform.endpoint(attention.endpoint_id).status == "Suspended"
    assert (await shop.subscription(attention.endpoint_id)).status == "quarantined"
    assert (await shop.progress(run)).step == "failed"


async def test_a_subscription_that_was_terminated_before_the_hand_over_is_started_again(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    attention = await shop.reaches(run, "needs_attention")
    assert attention.endpoint_id
    await shop.run_of(attention.endpoint_id).terminate()
    await run.execute_update("amend_plan", PlanAmendment(product="Wakanda Daily", plan_id=DAILY))
    sold = await run.result()
    subscription = await shop.subscription(attention.endpoint_id)
    assert (subscription.status, subscription.addons[0].unique_id) == ("active", sold.addon.unique_id)


async def test_a_terminated_subscription_does_not_keep_a_cancelled_purchase_from_cleaning_up(shop: Seller) -> None:
    run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
    attention = await shop.reaches(run, "needs_attention")
    assert attention.endpoint_id
    await shop.run_of(attention.endpoint_id).terminate()
    await run.cancel()
    with pytest.raises(WorkflowFailureError):
        await run.result()
    assert shop.platform.endpoint(attention.endpoint_id).status == "Suspended"


@pytest.mark.parametrize(
    "kind",
    ["broken_json", "html", "empty_body", "missing_field", "error_before", "reset", "timeout_text", "answer_lost"],
)
async def test_an_answer_that_cannot_be_used_is_asked_for_again(shop: Seller, kind: Any) -> None:
    calls: tuple[Call, ...] = ("login", "fetchSIM", "GetEndPointProfile")
    shop.platform.order(*(Fault(call=call, kind=kind) for call in calls))
    assert (await shop.sell()).addon.status == "provisioned"
    assert shop.platform.faults[kind] == len(calls)
    assert statuses(shop).count("Active") == 1


async def test_a_row_without_an_endpoint_or_an_activation_code_is_passed_over(shop: Seller) -> None:
    shop.platform.order(Fault(call="fetchSIM", kind="missing_field", field="activationCode"))
    shop.platform.order(Fault(call="fetchSIM", kind="missing_field", field="endPointId"))
    assert (await shop.sell()).addon.status == "provisioned"


async def test_cancelling_while_waiting_for_stock_ends_at_once(client: Client) -> None:
    async with seller(client, esims=0) as shop, shop.working():
        run = await shop.start()
        await shop.reaches(run, "waiting_for_stock")
        await run.cancel()
        with pytest.raises(WorkflowFailureError) as caught:
            await run.result()
        assert isinstance(caught.value.cause, CancelledError)


async def test_an_endpoint_that_was_not_activated_is_released_for_the_next_traveler(client: Client) -> None:
    async with seller(client, esims=1) as shop, shop.working():
        shop.platform.order(Fault(call=LIFECYCLE, kind="rate_limited", times=0))
        run = await shop.start()
        claimed = await shop.reaches(run, "activating")
        assert claimed.endpoint_id
        await eventually_called(shop, LIFECYCLE)
        await run.cancel()
        with pytest.raises(WorkflowFailureError):
            await run.result()
        assert await status_of(shop, claimed.endpoint_id) == WorkflowExecutionStatus.FAILED
        shop.platform.clear_faults()
        assert (await shop.sell()).endpoint_id == claimed.endpoint_id


async def test_cancelling_in_the_middle_of_an_activation_leaves_nothing_active(shop: Seller) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind="delay", delay_seconds=1))
    run = await shop.start()
    await eventually_called(shop, LIFECYCLE)
    await run.cancel()
    with pytest.raises(WorkflowFailureError):
        await run.result()
    assert statuses(shop) == ["Suspended", "Pre-Active", "Pre-Active"]


async def test_cancelling_in_the_middle_of_an_unanswered_activation_leaves_nothing_active(shop: Seller) -> None:
    shop.platform.order(Fault(call=LIFECYCLE, kind="late", delay_seconds=2.5))
    run = await shop.start()
    await eventually_called(shop, LIFECYCLE)
    await run.cancel()
    with pytest.raises(WorkflowFailureError):
        await run.result()
    await shop.platform.late_work_done()
    assert "Active" not in statuses(shop)


@pytest.mark.parametrize("kind", ["delay", "answer_lost", "late"])
async def test_cancelling_in_the_middle_of_an_addon_leaves_nothing_behind(shop: Seller, kind: Any) -> None:
    shop.platform.order(Fault(call="SubscribeAddon", kind=kind, delay_seconds=1.5))
    shop.platform.order(Fault(call="GetEndPointProfile", kind="error_before", skip=1, times=0))
    run = await shop.start()
    await eventually_called(shop, "SubscribeAddon")
    await run.cancel()
    shop.platform.clear_faults()  # only now can it be known what became of a call that was not answered
    with pytest.raises(WorkflowFailureError):
        await run.result()
    endpoint = shop.platform.endpoints[0]
    assert endpoint.status == "Suspended"
    assert endpoint.addons == []
    assert len(endpoint.removed_addons) == 1


async def eventually_called(shop: Seller, call: str) -> None:
    async def called() -> bool:
        return shop.platform.calls[call] > 0

    await eventually(called)
