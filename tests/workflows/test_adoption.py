"""eSIMs that were sold before this product came are taken over as SFT has them, and are from then on as sold here."""

import asyncio
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from temporalio.client import Client

from activities.messages import Owner
from contract.addon import Addon
from contract.adoption import Adopted
from contract.esim import AvailableEsim, ProvisionedEsim
from contract.search_attributes import FIRST_PURCHASE_ID, ICCID_DIGEST, STATUS, TRAVELER_ID
from contract.subscription import Subscription
from contract.workflow_ids import subscription_id
from seller.client import SellerClient
from temporal.digests import WITHOUT_KEYS
from tests.support.adoption import changed, sold_elsewhere, taken_over, told_of, why_not
from tests.support.mailbox import Mailbox, mail_server
from tests.support.seller import PLAN, Seller, eventually, seller
from tools.simulator.fault import Fault
from workflows.state import SubscriptionState


async def test_an_esim_is_taken_over_as_sft_has_it_and_nothing_is_changed_there(shop: Seller) -> None:
    endpoint = sold_elsewhere(shop, addons=2)
    shop.platform.use(endpoint.endpoint_id, 7 * 1000**3)
    adoption = told_of(endpoint, shop)
    first, second = adoption.addons
    adopted = await taken_over(shop, adoption)
    assert (adopted.outcome, adopted.status, adopted.iccid) == ("adopted", "active", endpoint.iccid)
    assert [addon.purchase_id for addon in adopted.addons] == [first.purchase_id, second.purchase_id]
    assert (adopted.unmatched, adopted.left_out) == ([], [])
    subscription = await shop.subscription(endpoint.endpoint_id)
    assert (subscription.status, subscription.traveler_id, subscription.iccid) == ("active", "T-42", endpoint.iccid)
    assert subscription.msisdn == endpoint.msisdn
    assert [(addon.purchase_id, addon.product, addon.plan_id, addon.unique_id) for addon in subscription.addons] == [
        (told.purchase_id, told.product, PLAN, told.unique_id) for told in adoption.addons
    ]
    used = subscription.addons[0].usage
    assert used is not None
    assert (used.state, used.remaining_bytes) == ("in_use", 23 * 1000**3)
    run = await shop.run_of(endpoint.endpoint_id).describe()
    found_by = run.typed_search_attributes
    assert (found_by[TRAVELER_ID], found_by[STATUS], found_by[FIRST_PURCHASE_ID], found_by[ICCID_DIGEST]) == (
        *("T-42", "active", first.purchase_id),
        WITHOUT_KEYS.iccid(endpoint.iccid)[0],
    )
    assert changed(shop) == 0


async def test_a_suspended_one_is_suspended_here(shop: Seller) -> None:
    endpoint = sold_elsewhere(shop, status="Suspended")
    assert (await taken_over(shop, told_of(endpoint, shop))).status == "suspended"
    run = shop.run_of(endpoint.endpoint_id)
    assert (await run.describe()).typed_search_attributes[STATUS] == "suspended"
    assert (await run.execute_update("purchase_addon", shop.addon(), result_type=Addon)).status == "pending"
    await run.execute_update("resume", {"reason": "system"})
    assert len((await shop.settled(endpoint.endpoint_id)).addons) == len(endpoint.addons) == 2


async def test_it_is_as_one_that_was_sold_here(shop: Seller) -> None:
    endpoint = sold_elsewhere(shop)
    adoption = told_of(endpoint, shop)
    await taken_over(shop, adoption)
    run, top_up = shop.run_of(endpoint.endpoint_id), shop.addon()
    bought = await run.execute_update("purchase_addon", top_up, result_type=Addon)
    assert (bought.status, bought.unique_id) == ("provisioned", endpoint.addons[1].unique_id)
    shop.platform.use(endpoint.endpoint_id, 10**9, bought.unique_id)
    read = await run.execute_update("refresh_usage", result_type=Subscription)
    assert [addon.usage.state for addon in read.addons if addon.usage] == ["waiting_for_first_use", "in_use"]
    assert read.unmatched == []
    for order, status, at_sft in (("suspend", "suspended", "Suspended"), ("resume", "active", "Active")):
        assert (await run.execute_update(order, {"reason": "system"}, result_type=Subscription)).status == status
        assert endpoint.status == at_sft
    esim = await run.query("esim", result_type=ProvisionedEsim)
    assert (esim.activation_code, esim.addon.purchase_id) == (
        endpoint.activation_code,
        adoption.addons[0].purchase_id,
    )
    closed = await run.execute_update("close", {"reason": "system"}, result_type=Subscription)
    assert (closed.status, endpoint.status) == ("closed", "Suspended")
    await run.result()
    assert (await taken_over(shop, adoption)).outcome == "known"


async def test_what_was_bought_elsewhere_is_not_sold_again(shop: Seller) -> None:
    endpoint = sold_elsewhere(shop)
    adoption = told_of(endpoint, shop)
    await taken_over(shop, adoption)
    first = adoption.addons[0]
    purchase = shop.purchase(purchase_id=first.purchase_id, product=first.product)
    sold = await shop.sell(purchase)
    assert (sold.endpoint_id, sold.addon.unique_id) == (endpoint.endpoint_id, first.unique_id)
    again = {"purchase_id": first.purchase_id, "product": first.product, "plan_id": PLAN}
    known = await shop.run_of(endpoint.endpoint_id).execute_update("purchase_addon", again, result_type=Addon)
    assert known.unique_id == first.unique_id
    assert changed(shop) == 0


async def test_repeating_it_changes_nothing_and_does_not_ask_sft(shop: Seller) -> None:
    endpoint = sold_elsewhere(shop)
    adoption = told_of(endpoint, shop)
    outcomes = {(await taken_over(shop, adoption)).outcome}
    before, calls = await shop.subscription(endpoint.endpoint_id), dict(shop.platform.calls)
    again = await taken_over(shop, adoption.model_copy(update={"email": "another@example.com", "addons": []}))
    outcomes.add(again.outcome)
    assert outcomes == {"adopted", "known"}
    assert await shop.subscription(endpoint.endpoint_id) == before
    assert dict(shop.platform.calls) == calls


async def test_a_dry_run_only_looks(shop: Seller) -> None:
    endpoint = sold_elsewhere(shop)
    adoption = told_of(endpoint, shop)
    possible = await taken_over(shop, adoption.model_copy(update={"dry_run": True}))
    adopted = await taken_over(shop, adoption)
    assert (possible.outcome, adopted.outcome) == ("possible", "adopted")
    assert possible.model_copy(update={"outcome": "adopted"}) == adopted


async def test_what_nobody_named_is_unmatched_or_named_by_itself(shop: Seller) -> None:
    for number, names in ((0, False), (1, True)):
        endpoint = sold_elsewhere(shop, number, addons=2)
        one = told_of(endpoint, shop).addons[:1]
        adopted = await taken_over(shop, told_of(endpoint, shop, addons=one, name_unmatched=names))
        subscription = await shop.subscription(endpoint.endpoint_id)
        other = endpoint.addons[1]
        if names:
            named = subscription.addons[1]
            assert (named.purchase_id, named.unique_id) == (f"adopted-addon-{other.unique_id}", other.unique_id)
            assert named.product == other.plan.name
            assert adopted.unmatched == subscription.unmatched == []
        else:
            assert len(subscription.addons) == 1
            assert adopted.unmatched == subscription.unmatched == [other.unique_id]


async def test_one_of_which_no_addon_is_known_is_found_by_a_purchase_that_stands_for_it(shop: Seller) -> None:
    endpoint = sold_elsewhere(shop, addons=0)
    await taken_over(shop, told_of(endpoint, shop, email="traveler@example.com"))
    assert (await shop.subscription(endpoint.endpoint_id)).addons == []
    esim = await shop.run_of(endpoint.endpoint_id).query("esim", result_type=ProvisionedEsim)
    assert (esim.activation_code, esim.addon.unique_id) == (endpoint.activation_code, None)
    assert esim.addon.purchase_id == f"adopted-esim-{endpoint.endpoint_id}"
    bought = await shop.run_of(endpoint.endpoint_id).execute_update("purchase_addon", shop.addon(), result_type=Addon)
    assert bought.status == "provisioned"


async def test_its_traveler_is_mailed_in_the_language_that_was_told_when_it_was_taken_over(client: Client) -> None:
    mailbox = Mailbox()
    async with mail_server(mailbox) as settings, seller(client, **settings) as shop, shop.working():
        endpoint = sold_elsewhere(shop)
        speech = {"locale": "de-AT", "timezone": "Europe/Vienna"}
        await taken_over(shop, told_of(endpoint, shop, email="traveler@example.com", **speech))
        run = shop.run_of(endpoint.endpoint_id)
        await run.execute_update("resend", {})
        await eventually(lambda: arrived(mailbox))
        started = await anext(run.fetch_history_events())
    mail = message_from_bytes(mailbox.received[0].original_content or b"", policy=default)
    assert mail["Subject"] == "Ihre eSIM: Wakanda of old"
    assert b"Europe/Vienna" in started.SerializeToString(), "for what is told about usage"


async def arrived(mailbox: Mailbox) -> bool:
    return bool(mailbox.received)


async def test_an_activation_code_that_sft_does_not_tell_is_empty(shop: Seller) -> None:
    endpoint = sold_elsewhere(shop)
    shop.platform.order(Fault(call="fetchSIM", kind="missing_field", field="activationCode"))
    adoption = told_of(endpoint, shop)
    await taken_over(shop, adoption)
    esim = await shop.run_of(endpoint.endpoint_id).query("esim", result_type=ProvisionedEsim)
    assert (esim.activation_code, esim.addon.purchase_id) == ("", adoption.addons[0].purchase_id)
    first = adoption.addons[0]
    sold = await shop.sell(shop.purchase(purchase_id=first.purchase_id, product=first.product))
    assert sold.endpoint_id == endpoint.endpoint_id


async def test_an_addon_that_has_ended_is_left_out_unless_it_may_be_mistyped(shop: Seller) -> None:
    endpoint = sold_elsewhere(shop, addons=2)
    ended = {"unique_id": "999", "purchase_id": f"P-{next(shop.numbers)}", "product": "Wakanda of old"}
    there = [addon.model_dump() for addon in told_of(endpoint, shop).addons]
    why = await why_not(shop, told_of(endpoint, shop, addons=[there[0], ended]))
    assert "add-on 999 is not on it" in why
    assert there[1]["unique_id"] in why
    adopted = await taken_over(shop, told_of(endpoint, shop, addons=[*there, ended]))
    assert (adopted.left_out, len(adopted.addons)) == (["999"], 2)


async def test_what_was_so_before_is_no_news(shop: Seller) -> None:
    """But for that, everything is told that is told of one that was sold here."""
    for number, used, later, events in ((0, 29, 0, 0), (1, 10, 16, 1)):
        endpoint = sold_elsewhere(shop, number)
        shop.platform.use(endpoint.endpoint_id, used * 1000**3)
        await taken_over(shop, told_of(endpoint, shop))
        shop.platform.use(endpoint.endpoint_id, later * 1000**3)
        run = shop.run_of(endpoint.endpoint_id)
        await run.execute_update("refresh_usage")
        assert (await run.query("last_state"))["events"] == events


async def test_it_is_restored_like_any_other(shop: Seller) -> None:
    endpoint = sold_elsewhere(shop, addons=0)
    await taken_over(shop, told_of(endpoint, shop))
    run = shop.run_of(endpoint.endpoint_id)
    await run.terminate("by mistake")
    assert "ended from outside: restore it" in await why_not(shop, told_of(endpoint, shop))
    restored = await SellerClient(shop.client, shop.task_queue).restore(endpoint.endpoint_id)
    assert restored.is_checked
    esim = await run.query("esim", result_type=ProvisionedEsim)
    assert esim.activation_code == endpoint.activation_code


async def test_nobody_elses_esim_is_taken(shop: Seller) -> None:
    sold = await shop.sell(shop.purchase(traveler_id="T-7"))
    why = await why_not(shop, told_of(shop.platform.endpoint(sold.endpoint_id), shop, addons=[]))
    assert f"subscription-{sold.endpoint_id} holds it for traveler T-7" in why
    endpoint = sold_elsewhere(shop, 1)
    elsewhere = [{"unique_id": endpoint.addons[0].unique_id, "purchase_id": sold.addon.purchase_id, "product": "W"}]
    why = await why_not(shop, told_of(endpoint, shop, addons=elsewhere))
    assert f"purchase {sold.addon.purchase_id} was made here" in why


async def test_of_a_purchase_and_an_adoption_one_gets_the_endpoint(shop: Seller) -> None:
    """Whoever starts the subscription first; the other one changes nothing."""
    endpoint = shop.platform.endpoints[0]
    shop.platform.order(Fault(call="EndPointLifeCycleChange", kind="delay", delay_seconds=1))
    run = await shop.start(shop.purchase(traveler_id="T-7"))
    await shop.reaches(run, "activating")

    async def is_active() -> bool:
        return endpoint.status == "Active"

    await eventually(is_active)
    assert "holds it for traveler T-7" in await why_not(shop, told_of(endpoint, shop))
    sold = await run.result()
    assert (sold.endpoint_id, sold.traveler_id) == (endpoint.endpoint_id, "T-7")


async def test_an_endpoint_that_is_claimed_between_the_look_and_the_claim_is_not_taken(shop: Seller) -> None:
    endpoint = sold_elsewhere(shop)
    shop.platform.order(Fault(call="fetchSIM", kind="delay", delay_seconds=1))
    waiting = asyncio.create_task(why_not(shop, told_of(endpoint, shop)))

    async def has_looked() -> bool:
        return shop.platform.calls["fetchSIM"] > 0

    await eventually(has_looked)
    esim = AvailableEsim(endpoint_id=endpoint.endpoint_id, iccid=endpoint.iccid, activation_code="LPA:1$a$b")
    owner = Owner(workflow_id="provision-P-7", run_id="")
    rival = SubscriptionState.claimed(esim, shop.purchase(traveler_id="T-7"), owner, datetime.now(UTC))
    await shop.client.start_workflow(
        "TravelerSubscriptionWorkflow", rival, id=subscription_id(endpoint.endpoint_id), task_queue=shop.task_queue
    )
    assert "holds it for traveler T-7" in await waiting


async def test_what_is_in_stock_or_unknown_is_not_taken(shop: Seller) -> None:
    stock = shop.platform.endpoints[0]
    assert "it is in stock" in await why_not(shop, told_of(stock, shop))
    assert "Endpoint not found" in await why_not(shop, told_of(stock, shop).model_copy(update={"endpoint_id": "1"}))
    endpoint = sold_elsewhere(shop, 1)
    why = await why_not(shop, told_of(endpoint, shop, iccid="8932000000000000777"))
    assert f"SFT has SIM {endpoint.iccid} on it, and not 8932000000000000777" in why
    shop.platform.order(Fault(call="GetEndPointProfile", kind="missing_field", field="status"))
    assert "in a state that is not told" in await why_not(shop, told_of(endpoint, shop))
    shop.platform.order(Fault(call="GetEndPointProfile", kind="missing_field", field="iccid"))
    assert "does not say which SIM" in await why_not(shop, told_of(endpoint, shop))
    assert (await taken_over(shop, told_of(endpoint, shop, iccid=f"{endpoint.iccid}F"))).outcome == "adopted"
    assert changed(shop) == 0


async def test_a_trouble_of_sft_is_waited_out(shop: Seller) -> None:
    endpoint = sold_elsewhere(shop)
    shop.platform.order(
        Fault(call="GetEndPointProfile", kind="error_before"), Fault(call="fetchSIM", kind="answer_lost")
    )
    assert (await taken_over(shop, told_of(endpoint, shop))).outcome == "adopted"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"endpoint_id": "4000001 "}, "endpoint_id"),
        ({"traveler_id": "T 42"}, "traveler_id"),
        ({"email": "nobody"}, "email"),
        ({"addons": [{"unique_id": "7", "purchase_id": "P-1"}]}, "product"),
        ({"addons": [{"unique_id": "7", "purchase_id": f"P-{n}", "product": "W"} for n in (1, 2)]}, "same unique_id"),
        ({"iccid": "8.9E+18"}, "iccid"),
        ({"name_unmatched": "yes"}, "name_unmatched"),
    ],
    ids=str,
)
async def test_what_cannot_be_right_is_refused(open_shop: Seller, change: dict[str, Any], says: str) -> None:
    asked = {"endpoint_id": "4000001", "traveler_id": "T-42"} | change
    assert says in await why_not(open_shop, asked, f"adopt-{next(open_shop.numbers)}")


async def test_another_workflow_id_is_refused(open_shop: Seller) -> None:
    adoption = told_of(open_shop.platform.endpoints[0], open_shop)
    why = await why_not(open_shop, adoption, f"adoption-{adoption.endpoint_id}")
    assert f"start it under adopt-{adoption.endpoint_id}" in why


def test_the_result_of_another_build_is_read() -> None:
    told = {"outcome": "known", "subscription_id": "s", "traveler_id": "T", "endpoint_id": "4", "more": 1}
    assert Adopted.model_validate(told).addons == []
