"""A sale that nothing disturbs: its result, its calls to SFT, its activities."""

from temporalio.client import Client

from tests.support.sales import scheduled_by
from tests.support.seller import PLAN, PRODUCT, Seller, seller

LIFECYCLE = "EndPointLifeCycleChange"


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
        "needs_confirmation_code": False,
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


async def test_the_history_reads_like_the_guide(shop: Seller) -> None:
    run = await shop.start(shop.purchase(email="jo@example.com"))
    await run.result()
    scheduled = await scheduled_by(run)
    assert list(scheduled) == ["find_esim", "activate_esim", "provision_addon"]
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
