from tests.portal.open import opened
from tests.portal.pages.visitor import Page, visiting
from tests.seller import PRODUCT, Seller


async def test_a_traveler_buys_follows_installs_and_tops_up(shop: Seller) -> None:
    async with opened(shop) as portal, visiting(portal.url) as visitor:
        assert PRODUCT in await visitor.text("/")
        ready = await visitor.has(await visitor.buy(), "Your eSIM is ready")
        install = await visitor.text(Page(ready).links["Install"])
        assert "SM-DP+ address" in install
        mine = await visitor.text("/esims")
        assert "Ready · not read yet" in mine
