import re

import httpx

from portal.api.problems import MEANINGS
from tests.portal.open import opened
from tests.seller import Seller


async def test_the_page_for_people_describes_every_call_and_every_problem(open_shop: Seller) -> None:
    async with opened(open_shop) as portal, httpx.AsyncClient(base_url=portal.url) as client:
        page = await client.get("/docs")
        described = (await client.get("/api/openapi.json")).json()
        assert page.status_code == 200
        for path, item in described["paths"].items():
            for method in item:
                assert f"{method.upper()} /api{path}" in page.text
        anchors = set(re.findall(r'id="(\w+)"', page.text))
        assert set(MEANINGS) <= anchors
        assert set(re.findall(r'href="#(\w+)"', page.text)) - {"main"} <= anchors
        assert not re.search(r"<script>|style=|https?://", page.text)
