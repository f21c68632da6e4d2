import pytest
from temporalio.client import Client

from cli import server
from cli.problem import Problem
from contract.purchase import AddonPurchase
from tests.portal.open import opened
from tests.support.seller import PLAN, PRODUCT, Seller, seller


async def test_a_purchase_is_new_once_and_what_was_sold_is_found_again(shop: Seller) -> None:
    async with opened(shop) as portal:
        purchase = shop.purchase(traveler_id=f"T-{shop.number}")
        assert await portal.shop.buy(purchase)
        assert not await portal.shop.buy(purchase)
        run = shop.client.get_workflow_handle(f"provision-{purchase.purchase_id}")
        await run.result()
        sale = await portal.shop.sale(purchase.purchase_id)
        assert (sale.step, sale.traveler_id, sale.error) == ("completed", purchase.traveler_id, None)
        [esim] = await portal.shop.esims_of(purchase.traveler_id)
        assert esim.endpoint_id == sale.endpoint_id
        addon = AddonPurchase(purchase_id=f"{purchase.purchase_id}-2", product=PRODUCT, plan_id=PLAN)
        bought = await portal.shop.buy_addon(esim.endpoint_id, addon)
        assert bought is not None
        assert await portal.shop.buy_addon(esim.endpoint_id, addon) == bought
        assert (await portal.shop.addon(esim.endpoint_id, addon.purchase_id)).unique_id == bought.unique_id


async def test_what_was_sold_is_found_by_its_esim_and_by_nobody_elses(shop: Seller) -> None:
    async with opened(shop) as portal:
        sold = await shop.sell(shop.purchase(traveler_id="T-1"))
        esim = await portal.shop.esim_of("T-1", sold.endpoint_id)
        assert await portal.shop.sold_on(esim) == sold
        with pytest.raises(Problem) as anothers:
            await portal.shop.esim_of("T-2", sold.endpoint_id)
        with pytest.raises(Problem) as nobodys:
            await portal.shop.esim_of("T-2", f"{sold.endpoint_id}0")
        assert (anothers.value.type, nobodys.value.type) == ("NotFound", "NotFound")
        assert nobodys.value.message.replace(f"{sold.endpoint_id}0", sold.endpoint_id) == anothers.value.message


async def test_also_without_a_worker_nobody_learns_that_there_is_somebody_elses_esim(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "patience", lambda: 1.0)
    async with seller(client) as shop, opened(shop) as portal:
        async with shop.working():
            sold = await shop.sell()
        for traveler_id, told in (("T-42", "NoWorker"), ("T-43", "NotFound")):
            with pytest.raises(Problem) as problem:
                await portal.shop.esim_of(traveler_id, sold.endpoint_id)
            assert problem.value.type == told
