"""Taking an add-on off and giving an eSIM back, by REST; and who ordered what."""

from pathlib import Path

from tests.support.rest import calling
from tests.support.seller import Seller
from tools.simulator.fault import Fault
from tools.simulator.plan import GIGABYTE


async def test_an_addon_is_taken_off_and_said_by_whom(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        sold = await open_shop.sell()
        esim = f"/travelers/T-42/esims/{sold.endpoint_id}"
        removal = {"reason": "wrong plan", "ordered_by": "anna"}
        gone = await client.post(f"{esim}/addons/{sold.addon.purchase_id}/remove", json=removal)
        assert (gone.status_code, gone.json()["status"], gone.json()["removed_because"]) == (
            200,
            "removed",
            "wrong plan",
        )
        assert open_shop.platform.endpoint(sold.endpoint_id).addons == []
        [order] = (await client.get(esim)).json()["orders"]
        assert (order["order"], order["ordered_by"], order["outcome"]) == (
            "remove_addon",
            "anna (key tests)",
            "done",
        )
        unknown = await client.post(f"{esim}/addons/P-unknown/remove", json=removal)
        assert (unknown.status_code, "P-unknown" in unknown.json()["detail"]) == (422, True)


async def test_a_removal_that_takes_long_is_202_and_goes_on(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        sold = await open_shop.sell()
        open_shop.platform.order(Fault(call="endpoint", kind="delay", delay_seconds=1))
        call = f"/travelers/T-42/esims/{sold.endpoint_id}/addons/{sold.addon.purchase_id}"
        begun = await client.post(f"{call}/remove", json={"reason": "wrong plan"}, headers={"Prefer": "respond-async"})
        assert (begun.status_code, begun.headers["Location"]) == (202, f"/api{call}")
        done = await client.post(f"{call}/remove", json={"reason": "wrong plan"})
        assert (done.status_code, done.json()["status"]) == (200, "removed")


async def test_an_unused_esim_is_given_back_once_and_a_used_one_is_not(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        unused, used = [(await open_shop.sell()).endpoint_id for _ in range(2)]
        open_shop.platform.use(used, GIGABYTE)
        order = {"reason": "the trip was cancelled"}
        given = await client.post(f"/travelers/T-42/esims/{unused}/refund", json=order)
        assert (given.status_code, given.json()["refundable"]) == (200, True)
        kept = await client.post(f"/travelers/T-42/esims/{used}/refund", json=order)
        assert (kept.status_code, kept.json()["refundable"]) == (200, False)
        assert "29.0 of 30.0 GB left" in kept.json()["reason"]
        await open_shop.run_of(unused).result()
        again = await client.post(f"/travelers/T-42/esims/{unused}/refund", json=order)
        assert (again.status_code, again.json()) == (200, given.json())


async def test_the_record_says_who_ordered_what_and_by_which_key(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        esim = f"/travelers/T-42/esims/{(await open_shop.sell()).endpoint_id}"
        for change, named in (("suspend", {"ordered_by": "anna"}), ("resume", {})):
            done = await client.post(f"{esim}/{change}", json={"reason": "customer_service"} | named)
            assert done.status_code == 200
        orders = (await client.get(esim)).json()["orders"]
        assert [(one["order"], one["ordered_by"]) for one in orders] == [
            ("suspend", "anna (key tests)"),
            ("resume", "key tests"),
        ]
        long = await client.post(f"{esim}/suspend", json={"reason": "customer_service", "ordered_by": "a" * 190})
        assert (long.status_code, "at most 200 characters" in long.json()["detail"]) == (422, True)
