import asyncio
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from httpx import Response
from PIL import Image
from resvg_py import svg_to_bytes
from temporalio.client import Client

from contract.subscription import ShownSubscription
from seller import server, subscriptions
from seller.client import SellerClient
from seller.errors import SellerError
from seller.subscriptions import Subscriptions, UnreadableEsim
from tests.support.encrypting_shop import encrypting_shop, use, with_keys
from tests.support.encryption_keys import ring
from tests.support.mailbox import delivering
from tests.support.portal import opened
from tests.support.rest import calling
from tests.support.seller import PLAN, Seller, eventually, seller

REASON = {"reason": "customer_service"}


def wanted(shop: Seller, **changes: object) -> dict[str, object]:
    return shop.addon().model_dump(exclude={"plan_id"}) | changes


async def sold(shop: Seller, traveler_id: str = "T-42") -> tuple[str, str]:
    """The address of an eSIM that was sold, and its activation code."""
    esim = await shop.sell(shop.purchase(traveler_id=traveler_id))
    return f"/travelers/{traveler_id}/esims/{esim.endpoint_id}", esim.activation_code


def read(png: bytes) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(Image.open(BytesIO(png)))]


async def test_an_esim_is_shown_with_its_code_to_scan(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        traveler_id = f"T-{next(open_shop.numbers)}"
        esim, code = await sold(open_shop, traveler_id)

        async def listed() -> list[dict[str, object]] | None:
            return (await client.get(f"/travelers/{traveler_id}/esims")).json() or None

        assert await eventually(listed) == [(await client.get(esim)).json()]
        png, svg = await client.get(f"{esim}/qr.png"), await client.get(f"{esim}/qr.svg")
        assert (png.headers["Content-Type"], svg.headers["Content-Type"]) == ("image/png", "image/svg+xml")
        assert read(png.content) == read(bytes(svg_to_bytes(svg_string=svg.text, width=800, dpi=96))) == [code]


async def test_a_code_whose_email_is_still_on_its_way_is_shown_at_once(client: Client, tmp_path: Path) -> None:
    async with delivering(client) as (shop, mailbox), calling(shop, tmp_path) as api:
        run = await shop.start(shop.purchase(email="traveler@example.com"))
        code = f"/travelers/T-42/esims/{(await shop.reaches(run, 'delivering')).endpoint_id}/qr.svg"
        assert (await api.get(code)).status_code == 200
        mailbox.is_awake.set()
        await run.result()


async def test_an_addon_is_bought_once_and_answered_with_the_same_again(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        esim, _ = await sold(open_shop)
        addon = wanted(open_shop)
        first = await client.post(f"{esim}/addons", json=addon)
        again = await client.post(f"{esim}/addons", json=addon)
        seen = await client.get(f"{esim}/addons/{addon['purchase_id']}")
        assert (first.status_code, again.status_code, seen.status_code) == (201, 200, 200)
        assert first.json() == again.json() == seen.json()
        assert (first.json()["status"], first.json()["plan_id"]) == ("provisioned", PLAN)
        conflict = await client.post(f"{esim}/addons", json=addon | {"product": "Wakanda Daily"})
        assert (conflict.status_code, conflict.json()["failure"]) == (409, "Conflict")
        assert (await client.get(f"{esim}/addons/P-unknown")).status_code == 404


async def test_fifty_posts_of_an_addon_at_once_are_one_addon(open_shop: Seller, tmp_path: Path) -> None:
    async with calling(open_shop, tmp_path) as client:
        esim, _ = await sold(open_shop)
        addon = wanted(open_shop)
        before = open_shop.platform.calls["SubscribeAddon"]

        async def posted() -> Response:
            while (answer := await client.post(f"{esim}/addons", json=addon)).status_code == 503:
                pass  # so it is to be done, says the contract: a worker that has too much to do answers late
            return answer

        answers = await asyncio.gather(*(posted() for _ in range(50)))
        assert {answer.status_code for answer in answers} <= {200, 201}
        assert len({answer.text for answer in answers}) == 1
        assert open_shop.platform.calls["SubscribeAddon"] == before + 1


async def test_an_addon_that_sft_refused_is_tried_again_when_it_is_posted_again(
    open_shop: Seller, tmp_path: Path
) -> None:
    async with calling(open_shop, tmp_path) as client:
        esim, _ = await sold(open_shop)
        addon = wanted(open_shop, plan_id="PLAN-UNHEARD-OF")
        for attempt in (1, 2):
            before = open_shop.platform.calls["SubscribeAddon"]
            refused = await client.post(f"{esim}/addons", json=addon)
            assert (refused.status_code, refused.json()["failure"]) == (422, "AddonRejected"), attempt
            assert open_shop.platform.calls["SubscribeAddon"] == before + 1
        seen = await client.get(f"{esim}/addons/{addon['purchase_id']}")
        assert (seen.status_code, seen.json()["status"]) == (200, "failed")


async def test_usage_is_read_anew_and_an_esim_is_suspended_resumed_and_closed(
    open_shop: Seller, tmp_path: Path
) -> None:
    async with calling(open_shop, tmp_path) as client:
        esim, _ = await sold(open_shop)
        read = await client.post(f"{esim}/usage")
        assert (read.status_code, read.json()["addons"][0]["usage"]["state"]) == (200, "waiting_for_first_use")
        for order, status in (
            *(("suspend", "suspended"), ("suspend", "suspended"), ("resume", "active")),
            *(("close", "closed"), ("close", "closed")),
        ):
            answer = await client.post(f"{esim}/{order}", json=REASON)
            assert (answer.status_code, answer.json()["status"]) == (200, status), order
        for order, body in (("suspend", REASON), ("usage", None), ("addons", wanted(open_shop))):
            refused = await client.post(f"{esim}/{order}", json=body)
            assert (refused.status_code, refused.json()["failure"]) == (409, "Cancelled"), order
        for code in ("qr.svg", "qr.png"):
            hidden = await client.get(f"{esim}/{code}")
            assert (hidden.status_code, hidden.json()["failure"]) == (409, "Cancelled"), code


async def test_what_takes_longer_than_somebody_waits_is_taken_and_can_be_looked_at(
    open_shop: Seller, tmp_path: Path
) -> None:
    async with calling(open_shop, tmp_path) as client:
        esim, _ = await sold(open_shop)
        await client.post(f"{esim}/suspend", json=REASON)
        addon = wanted(open_shop)
        taken = await client.post(f"{esim}/addons", json=addon, headers={"Prefer": "respond-async"})
        assert (taken.status_code, taken.json()["status"]) == (202, "pending")
        assert taken.headers["Location"] == f"/api{esim}/addons/{addon['purchase_id']}"
        assert (await client.get(f"{esim}/addons/{addon['purchase_id']}")).status_code == 202
        again = await client.post(f"{esim}/addons", json=addon)
        assert (again.status_code, again.json()) == (202, taken.json())
        assert again.headers["Location"] == taken.headers["Location"]
        assert (await client.post(f"{esim}/resume", json=REASON)).status_code == 200

        async def provisioned() -> bool | None:
            seen = await client.get(f"{esim}/addons/{addon['purchase_id']}")
            return (seen.status_code == 200 and seen.json()["status"] == "provisioned") or None

        assert await eventually(provisioned)


async def test_everything_of_another_traveler_is_not_found_in_the_same_words_as_what_does_not_exist(
    open_shop: Seller, tmp_path: Path
) -> None:
    async with calling(open_shop, tmp_path) as client:
        esim, _ = await sold(open_shop)
        first = (await client.get(esim)).json()["addons"][0]["purchase_id"]
        anothers = esim.replace("T-42", "T-43")
        nobodys = anothers + "0"
        before = open_shop.platform.calls.total()
        for path in ("", "/qr.svg", "/qr.png", "/addons", f"/addons/{first}", "/check?product=Wakanda Daily"):
            assert_the_same_404(*[await client.get(base + path) for base in (anothers, nobodys)])
        for path, body in (
            *(("/usage", None), ("/addons", wanted(open_shop))),
            *((f"/{order}", REASON) for order in ("suspend", "resume", "close")),
        ):
            assert_the_same_404(*[await client.post(base + path, json=body) for base in (anothers, nobodys)])
        assert (await client.get(esim)).json()["status"] == "active"
        assert open_shop.platform.calls.total() == before


def assert_the_same_404(*answers: Response) -> None:
    texts = {answer.text.replace(answer.request.url.path.split("/")[5], "…") for answer in answers}
    assert [answer.status_code for answer in answers] == [404, 404]
    assert len(texts) == 1


async def test_orders_that_no_worker_takes_are_not_said_to_be_taken(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ANSWER_SECONDS", 1.0)
    async with seller(client) as shop:
        async with shop.working():
            esim = await shop.sell(shop.purchase())
        with pytest.raises(SellerError) as refused:
            async with opened(shop) as portal:
                await portal.shop.buy_addon(esim.endpoint_id, shop.addon())
        assert refused.value.type == "NoWorker"
        async with calling(shop, tmp_path) as api:
            answer = await api.post(f"/travelers/T-42/esims/{esim.endpoint_id}/addons", json=wanted(shop))
        assert (answer.status_code, answer.json()["failure"]) == (503, "Unavailable")
        assert answer.json()["detail"].startswith("No worker answers at the moment. What was taken goes on")
        assert int(answer.headers["Retry-After"]) > 0


async def test_an_esim_that_was_ended_from_outside_says_so_and_takes_no_orders(client: Client, tmp_path: Path) -> None:
    async with seller(client) as shop, calling(shop, tmp_path) as api:
        async with shop.working():
            esim, _ = await sold(shop, traveler_id := f"T-{shop.number}")
            await shop.run_of(esim.rpartition("/")[2]).terminate("by mistake")
            listed, seen = await api.get(f"/travelers/{traveler_id}/esims"), await api.get(esim)
            assert seen.json()["status"] == "terminated"
            assert listed.json() == [seen.json()]
            orders = (f"{esim}/suspend", REASON), (f"{esim}/addons", wanted(shop)), (f"{esim}/usage", None)
            for address, body in orders:
                refused = await api.post(address, json=body)
                assert (refused.status_code, refused.json()["failure"]) == (409, "Terminated")
            assert (await api.get(f"{esim}/qr.svg")).status_code == 200
        untold = await api.get(esim)
        assert (untold.status_code, untold.json()["failure"]) == (409, "Terminated")
        assert "starter.py restore" in untold.json()["detail"]


LACKS_A_KEY = "The portal cannot read this at the moment: it lacks an encryption key."


async def test_an_esim_that_cannot_be_read_hides_no_other_of_its_traveler(client: Client, tmp_path: Path) -> None:
    """Neither for the shop, which lacks a key, nor for the workers."""
    async with encrypting_shop(client) as shop:
        traveler_id = f"T-{next(shop.numbers)}"
        use(shop, 2, 1)
        async with shop.working():
            other = await shop.sell(shop.purchase(traveler_id=traveler_id))
        use(shop, 1)
        async with shop.working(), calling(shop, tmp_path) as api:
            esim = await shop.sell(shop.purchase(traveler_id=traveler_id))

            async def listed() -> dict[str, dict[str, str]] | None:
                answer = await api.get(f"/travelers/{traveler_id}/esims")
                assert answer.status_code == 200
                return {item["endpoint_id"]: item for item in answer.json()} if len(answer.json()) == 2 else None

            found = await eventually(listed)
            assert found[esim.endpoint_id]["status"] == "active"
            assert found[other.endpoint_id] == {
                "status": "unreadable",
                "subscription_id": other.subscription_id,
                "endpoint_id": other.endpoint_id,
                "unreadable": LACKS_A_KEY,
            }
            shop.client = with_keys(client, ring(1, 2))
            (with_all := tmp_path / "with all").mkdir()
            async with calling(shop, with_all) as knowing:
                answer = await knowing.get(f"/travelers/{traveler_id}/esims")
                told = {item["endpoint_id"]: item for item in answer.json()}
                assert told[esim.endpoint_id]["status"] == "active"
                assert told[other.endpoint_id]["unreadable"] == "No worker can answer for this one at the moment."
            items = await SellerClient(shop.client, shop.task_queue).subscriptions.of_traveler(traveler_id)
            [unread] = [item for item in items if isinstance(item, UnreadableEsim)]
            assert (unread.endpoint_id, unread.type) == (other.endpoint_id, "QueryFailed")
            assert ring(2).newest.label in unread.reason
        use(shop, 2, 1)
        async with shop.working():
            await shop.run_of(esim.endpoint_id).execute_update("purchase_addon", shop.addon())
            shop.client = with_keys(client, ring(1))
            (without := tmp_path / "without").mkdir()
            async with calling(shop, without) as api:
                answer = await api.get(f"/travelers/{traveler_id}/esims")
                assert answer.status_code == 200
                assert [item["unreadable"] for item in answer.json()] == [LACKS_A_KEY, LACKS_A_KEY]


async def test_not_all_esims_of_a_traveler_are_asked_for_at_the_same_time(
    open_shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "AT_ONCE", 2)
    get, at_once, most = Subscriptions.get_of_traveler, 0, 0

    async def counted(self: Subscriptions, traveler_id: str, endpoint_id: str) -> ShownSubscription:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        try:
            return await get(self, traveler_id, endpoint_id)
        finally:
            at_once -= 1

    monkeypatch.setattr(Subscriptions, "get_of_traveler", counted)
    traveler_id = f"T-{next(open_shop.numbers)}"
    await asyncio.gather(*(sold(open_shop, traveler_id) for _ in range(4)))
    library = SellerClient(open_shop.client, open_shop.task_queue)

    async def all_found() -> bool:
        return len(await library.subscriptions.of_traveler(traveler_id)) == 4

    await eventually(all_found)
    assert most == 2


async def test_the_esims_of_a_traveler_are_shown_some_at_a_time(open_shop: Seller, tmp_path: Path) -> None:
    traveler_id = f"T-{next(open_shop.numbers)}"
    owned = {(await sold(open_shop, traveler_id))[0].rpartition("/")[2] for _ in range(3)}
    async with calling(open_shop, tmp_path) as client:
        address = f"/travelers/{traveler_id}/esims"

        async def all_listed() -> bool:
            return len((await client.get(address)).json()) == len(owned)

        await eventually(all_listed)
        assert "link" not in (await client.get(address)).headers
        first = await client.get(f"{address}?limit=2")
        assert first.headers["link"] == f'</api{address}?limit=2&offset=2>; rel="next"'
        second = await client.get(f"{address}?limit=2&offset=2")
        assert "link" not in second.headers
        shown = [esim["endpoint_id"] for answer in (first, second) for esim in answer.json()]
        assert (len(shown), set(shown)) == (3, owned)
        for wrong in ("limit=0", "limit=101", "offset=-1", "offset=901", "limit=x"):
            refused = await client.get(f"{address}?{wrong}")
            assert (refused.status_code, refused.json()["failure"]) == (422, "InvalidRequest")
