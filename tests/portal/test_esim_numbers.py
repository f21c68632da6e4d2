"""An eSIM that SFT's events name by ICCID or MSISDN is found by digests, which tell nobody the number."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from temporalio.client import Client

from contract.esim import ProvisionedEsim
from contract.search_attributes import ICCID_DIGEST, MSISDN_DIGEST
from temporal.digests import WITHOUT_KEYS, Digests
from tests.support.encrypting_shop import use, with_keys
from tests.support.encryption_keys import key, ring
from tests.support.portal import opened
from tests.support.seller import Seller, eventually, seller

SECRET = "made-up-for-the-callbacks"


@asynccontextmanager
async def shop_with(client: Client, *keys: int) -> AsyncIterator[Seller]:
    """A seller with these keys, whose eSIMs have numbers that no other test has."""
    settings: dict[str, Any] = {"esim_encryption_keys": ",".join(map(key, keys))} if keys else {}
    async with seller(with_keys(client, ring(*keys)) if keys else client, **settings) as shop:
        for esim in shop.platform.endpoints:
            esim.iccid, esim.msisdn = f"89{next(shop.numbers):017}", f"32{next(shop.numbers)}"
        yield shop


async def told(shop: Seller, *events: dict[str, str]) -> dict[str, int]:
    """What becomes of these events, each in a post of its own, at a portal with the keys of the seller."""
    keys = {name: value for name, value in shop.settings.items() if name == "esim_encryption_keys"}
    async with (
        opened(shop, portal_callback_secret=SecretStr(SECRET), **keys) as portal,
        httpx.AsyncClient(base_url=portal.url, timeout=60) as sft,
    ):
        counts: Counter[str] = portal.app.state.callbacks.counts
        for event in events:
            before = sum(counts.values())
            await sft.post(f"/callbacks/sft/{SECRET}", json=event)

            async def seen(before: int = before) -> bool:
                return sum(counts.values()) > before

            await eventually(seen)
        return dict(counts)


async def listed(shop: Seller, sold: ProvisionedEsim, digests: Digests) -> None:
    """Until visibility lists the eSIM under its newest digest."""
    query = f"{ICCID_DIGEST.name} = '{digests.iccid(sold.iccid)[0]}'"

    async def is_listed() -> bool:
        return (await shop.client.count_workflows(query)).count == 1

    await eventually(is_listed)


@pytest.mark.parametrize("keys", [(), (1,)])
async def test_an_esim_is_found_by_its_numbers_which_nobody_can_read(client: Client, keys: tuple[int, ...]) -> None:
    async with shop_with(client, *keys) as shop, shop.working():
        sold = await shop.sell()
        assert sold.msisdn
        await listed(shop, sold, Digests(ring(*keys) if keys else None))
        word = {"eventName": "eSIM Profile Installed"}
        stranger = {"endPointId": f"9{sold.endpoint_id}"}
        assert await told(
            shop,
            word | {"iccid": f"{sold.iccid}F"},
            word | {"MSISDN": f"+{sold.msisdn}"},
            word | {"simIccid": sold.iccid, "msisdn": "-", "endPointId": "-"},
            word | stranger | {"msisdn": sold.msisdn},
            word | stranger,
            word | {"iccid": f"{sold.iccid}1"},
        ) == {"told": 4, "unknown": 2}
        attributes = (await shop.run_of(sold.endpoint_id).describe()).typed_search_attributes
        digests = {attributes[ICCID_DIGEST], attributes[MSISDN_DIGEST]}
        open_to_all = {WITHOUT_KEYS.iccid(sold.iccid)[0], WITHOUT_KEYS.msisdn(sold.msisdn)[0]}
        assert (digests == open_to_all) == (not keys)
        assert not [pair for pair in attributes if sold.iccid in str(pair.value) or sold.msisdn in str(pair.value)]


async def test_after_a_change_of_keys_an_esim_is_found_and_soon_by_the_new_key_alone(client: Client) -> None:
    async with shop_with(client, 1) as shop:
        async with shop.working():
            sold = await shop.sell()
        await listed(shop, sold, Digests(ring(1)))
        event = {"event": "Addon Renew", "iccid": sold.iccid}
        use(shop, 2, 1)
        assert await told(shop, event) == {"told": 1}
        async with shop.working():
            await shop.run_of(sold.endpoint_id).execute_update("refresh_usage")
        await listed(shop, sold, Digests(ring(2, 1)))
        use(shop, 2)
        assert await told(shop, event) == {"told": 1}
        use(shop, 3)
        assert await told(shop, event) == {"unknown": 1}
