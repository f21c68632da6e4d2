"""An eSIM gets a name over REST."""

from pathlib import Path

from tests.support.rest import calling
from tests.support.seller import Seller


async def test_an_esim_is_named_and_the_name_taken_away_and_a_closed_one_keeps_its_own(
    shop: Seller, tmp_path: Path
) -> None:
    esim = f"/travelers/T-42/esims/{(await shop.sell()).endpoint_id}"
    async with calling(shop, tmp_path) as api:
        for body, name in (({"name": "Paris trip"}, "Paris trip"), ({"name": None}, None), ({"name": "Oslo"}, "Oslo")):
            named = await api.post(f"{esim}/name", json=body)
            assert (named.status_code, named.json()["name"]) == (200, name)
        assert (await api.post(f"{esim}/name", json={"name": "x" * 81})).status_code == 422
        assert (await api.post(f"{esim}/name", json={})).status_code == 422
        assert (await api.post(esim.replace("T-42", "T-43") + "/name", json={"name": "Rome"})).status_code == 404
        assert (await api.post(f"{esim}/close", json={"reason": "system"})).status_code == 200
        refused = await api.post(f"{esim}/name", json={"name": "Rome"})
        assert (refused.status_code, refused.json()["failure"]) == (409, "Cancelled")
        assert (await api.get(esim)).json()["name"] == "Oslo"
