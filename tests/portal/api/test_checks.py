"""Before the money is taken: the stock and the check, by REST."""

from pathlib import Path

from temporalio.client import Client

from tests.support.rest import calling
from tests.support.seller import PRODUCT, Seller, seller


async def test_the_stock_says_how_long_it_lasts(shop: Seller, tmp_path: Path) -> None:
    async with calling(shop, tmp_path) as client:
        await shop.sell()
        told = (await client.get("/stock")).json()
        assert (told["available"], told["sold_last_day"], told["is_low"]) == (2, 1, True)
        assert told["ends_at"] is not None


async def test_a_check_answers_in_a_sentence_and_refuses_what_is_not_on_sale(shop: Seller, tmp_path: Path) -> None:
    async with calling(shop, tmp_path) as client:
        sold = await shop.sell()
        for path in ("/check", f"/travelers/T-42/esims/{sold.endpoint_id}/check"):
            could = await client.get(path, params={"product": PRODUCT})
            assert (could.status_code, could.json()["possible"], could.json()["reason"]) == (200, True, None)
            unknown = await client.get(path, params={"product": "anything", "plan_id": "PLAN-UNHEARD-OF"})
            assert (unknown.status_code, unknown.json()["reason"]) == (200, "AddonRejected")
            for params in ({"product": "not on sale"}, {}):
                refused = await client.get(path, params=params)
                assert (refused.status_code, refused.json()["failure"]) == (422, "InvalidRequest")


async def test_an_empty_stock_is_an_answer_and_no_worker_is_a_problem(client: Client, tmp_path: Path) -> None:
    async with seller(client, esims=0) as shop, calling(shop, tmp_path) as rest:
        away = await rest.get("/check", params={"product": PRODUCT})
        assert (away.status_code, away.json()["failure"]) == (503, "Unavailable")
        async with shop.working():
            told = await rest.get("/check", params={"product": PRODUCT})
            assert (told.status_code, told.json()["reason"]) == (200, "NoEsimAvailable")
