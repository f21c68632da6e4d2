from httpx import AsyncClient
from temporalio.client import Client

from contract.schemas import documents
from tests.support.portal import opened
from tests.support.seller import seller


async def test_the_portal_serves_every_document_to_anybody(client: Client) -> None:
    known = documents()
    async with seller(client) as shop, opened(shop) as portal, AsyncClient(base_url=portal.url, timeout=60) as http:
        index = await http.get("/schemas/")
        assert (index.status_code, index.headers["Content-Type"]) == (200, "application/json")
        named = [*index.json()["from_portals"], *index.json()["to_portals"], *index.json()["events"]]
        assert {"index.json", *named} == set(known)
        for path in named:
            served = await http.get(f"/schemas/{path}")
            assert (served.status_code, served.headers["Content-Type"]) == (200, "application/schema+json")
            assert served.json() == known[path]
        assert (await http.get("/schemas/Nothing.json")).status_code == 404
