import asyncio
import signal

from contract.purchase import PlanAmendment
from contract.subscription import Subscription
from tests.support.forgetting import sold_and_forgotten
from tests.support.seller import Seller, eventually
from tests.support.terminal import Terminal
from tools.simulator.fault import Fault
from tools.simulator.plan import GIGABYTE


async def test_usage_is_read_anew_unless_the_last_reading_will_do(shop: Seller, terminal: Terminal) -> None:
    esim = await shop.sell()
    unread = await terminal.run("usage", esim.endpoint_id, "--cached")
    assert "not read yet" in unread.output
    shop.platform.use(esim.endpoint_id, 6 * GIGABYTE)
    shown = await terminal.run("usage", esim.endpoint_id)
    assert (shown.code, shown.errors) == (0, "")
    assert "███████████░░░ 24.0 of 30.0 GB in use until " in shown.output
    shop.platform.use(esim.endpoint_id, 6 * GIGABYTE)
    cached = await terminal.run("usage", esim.subscription_id, "--cached", "--json")
    fresh = await terminal.run("usage", esim.subscription_id, "--json")
    assert [end.document["addons"][0]["usage"]["remaining_bytes"] for end in (cached, fresh)] == [
        24 * GIGABYTE,
        18 * GIGABYTE,
    ]
    assert fresh.document == (await shop.subscription(esim.endpoint_id)).model_dump(mode="json")


async def test_the_code_of_a_purchase_that_temporal_has_forgotten_is_shown(shop: Seller, terminal: Terminal) -> None:
    purchase = shop.purchase()
    sold = await sold_and_forgotten(shop, purchase)
    shown = await terminal.run("qr", purchase.purchase_id, "--json")
    assert (shown.code, shown.document["activation_code"]) == (0, sold.activation_code)
    status = await terminal.run("status", purchase.purchase_id, "--json")
    assert (status.code, status.document["step"]) == (0, "completed")


async def test_an_esim_is_suspended_resumed_and_closed(shop: Seller, terminal: Terminal) -> None:
    esim = await shop.sell()
    endpoint = shop.platform.endpoint(esim.endpoint_id)
    suspended = await terminal.run("suspend", esim.endpoint_id, "--reason", "non-payment", "--json")
    assert Subscription.model_validate(suspended.document).status == "suspended"
    assert (endpoint.status, await reasons(shop, esim.endpoint_id)) == ("Suspended", ["non_payment"])
    resumed = await terminal.run("resume", esim.subscription_id)
    assert resumed.output.splitlines()[-1] == (
        f"{esim.subscription_id} is active: it carries traffic, and add-ons can be bought for it"
    )
    assert endpoint.status == "Active"
    closed = await terminal.run("close", esim.endpoint_id, "--yes")
    assert closed.output.splitlines()[-1].startswith(f"{esim.subscription_id} is closed: nothing can be bought")
    assert (endpoint.status, (await reasons(shop, esim.endpoint_id))[1:]) == ("Suspended", ["customer_service"] * 2)
    await shop.run_of(esim.endpoint_id).result()
    again, status = await asyncio.gather(
        terminal.run("suspend", esim.endpoint_id, "--json"), terminal.run("status", esim.endpoint_id, "--json")
    )
    assert (again.code, again.document["error"]["type"]) == (1, "NotFound")
    assert again.document["error"]["message"].startswith(f"{esim.subscription_id} has ended")
    assert status.document["status"] == "closed"


async def test_closing_is_confirmed_by_somebody_or_by_an_option(shop: Seller, terminal: Terminal) -> None:
    esim = await shop.sell()
    nobody, hesitating = await asyncio.gather(
        terminal.run("close", esim.endpoint_id, "--json"), terminal.answer("n", "close", esim.endpoint_id)
    )
    assert (nobody.code, nobody.document["error"]["type"]) == (2, "InvalidRequest")
    assert "--yes" in nobody.document["error"]["message"]
    assert (hesitating.code, hesitating.output) == (1, "")
    assert (
        hesitating.errors
        == f"Close {esim.endpoint_id} for good, so that it cannot be resumed? [y/N] Nothing was closed\n"
    )
    assert (await shop.subscription(esim.endpoint_id)).status == "active"
    sure = await terminal.answer("y", "close", esim.endpoint_id, "--json")
    assert (sure.code, sure.document["status"]) == (0, "closed")
    await shop.run_of(esim.endpoint_id).result()
    again = await terminal.run("close", esim.endpoint_id, "--yes", "--json")
    assert (again.code, again.document["status"]) == (0, "closed")


async def test_an_order_that_is_refused_is_one_sentence(shop: Seller, terminal: Terminal) -> None:
    esim = await shop.sell()
    shop.platform.order(Fault(call="EndPointLifeCycleChange", kind="rejected"))
    by_sft = await terminal.run("suspend", esim.endpoint_id)
    assert (by_sft.code, by_sft.sentence.partition(":")[0]) == (1, "SftUnavailable")

    shop.platform.order(Fault(call="SubscribeAddon", kind="rejected"))
    purchase = shop.purchase()
    run = await shop.start(purchase)
    endpoint_id = (await shop.reaches(run, "needs_attention")).endpoint_id
    by_us, unknown = await asyncio.gather(
        terminal.run("suspend", str(endpoint_id)), terminal.run("suspend", "4000001", "--reason", "non_payment")
    )
    assert by_us.code == 2
    assert by_us.sentence.startswith(f"InvalidRequest: subscription-{endpoint_id} is provisioning")
    assert (unknown.code, "'non-payment'" in unknown.sentence) == (2, True)
    await run.execute_update("amend_plan", PlanAmendment(product=purchase.product, plan_id=purchase.plan_id))


async def test_an_order_that_takes_long_is_shown_and_goes_on_after_ctrl_c(shop: Seller, terminal: Terminal) -> None:
    esim = await shop.sell()
    calls = shop.platform.calls["EndPointLifeCycleChange"]
    shop.platform.order(Fault(call="EndPointLifeCycleChange", kind="delay", delay_seconds=1.5))
    process = await terminal.start("suspend", esim.endpoint_id)

    async def asked() -> bool:
        return shop.platform.calls["EndPointLifeCycleChange"] > calls

    await eventually(asked)
    process.send_signal(signal.SIGINT)
    output, errors = await process.communicate()
    assert (process.returncode, output.decode()) == (130, f"… Suspending {esim.subscription_id} at SFT\n")
    assert errors.decode().startswith("Interrupted, but the order goes on: ")
    await shop.becomes(esim.endpoint_id, "suspended")


async def reasons(shop: Seller, endpoint_id: str) -> list[str]:
    """Why its status was to be changed, as it went over the wire, in order of arrival."""
    events = (await shop.run_of(endpoint_id).fetch_history()).events
    orders = [event.workflow_execution_update_accepted_event_attributes.accepted_request.input for event in events]
    return [
        str((await shop.client.data_converter.decode(order.args.payloads))[0]["reason"])
        for order in orders
        if order.name
    ]


async def test_what_is_bought_for_a_suspended_esim_is_said_to_be_pending(shop: Seller, terminal: Terminal) -> None:
    esim = await shop.sell()
    await terminal.run("suspend", esim.endpoint_id)
    taken = await terminal.run("buy-addon", esim.endpoint_id, "Wakanda Daily", "--purchase-id", "P-later")
    assert taken.code == 0
    assert f"How it goes: status {esim.subscription_id}" in taken.output
    assert "pending" in taken.output
    again = await terminal.run("buy-addon", esim.endpoint_id, "Wakanda Daily", "--purchase-id", "P-later", "--json")
    assert (again.code, again.document["status"]) == (0, "pending")
