"""``renew``: runs begin anew on order, one or many, and only those that are old."""

import pytest

from tests.support.seller import Seller, eventually
from tests.support.sold_before import sold_before
from tests.support.terminal import Terminal


async def run_of(shop: Seller, endpoint_id: str) -> str | None:
    return (await shop.run_of(endpoint_id).describe()).run_id


async def test_one_begins_a_new_run_and_is_what_it_was(shop: Seller, terminal: Terminal) -> None:
    sold = await shop.sell()
    before, shown = await run_of(shop, sold.endpoint_id), await shop.subscription(sold.endpoint_id)
    done = await terminal.run("renew", sold.subscription_id)
    assert (done.code, done.errors) == (0, "")
    assert f"{sold.subscription_id} has begun a new run" in done.output
    assert await run_of(shop, sold.endpoint_id) != before
    assert await shop.subscription(sold.endpoint_id) == shown


async def test_one_whose_run_is_newer_is_left_alone(shop: Seller, terminal: Terminal) -> None:
    sold = await shop.sell()
    before = await run_of(shop, sold.endpoint_id)
    done = await terminal.run("renew", sold.endpoint_id, "--older-than", "30d")
    assert (done.code, "nothing to do" in done.output) == (0, True)
    answered = await terminal.run("renew", sold.endpoint_id, "--older-than", "1h", "--json")
    assert answered.document["run_id"] == before == await run_of(shop, sold.endpoint_id)


async def test_many_begin_anew_once_however_often_it_is_ordered(shop: Seller, terminal: Terminal) -> None:
    traveler = f"T-{shop.number}"
    endpoint_ids = await sold_before(shop, traveler, 3)

    async def seen() -> bool:
        return (await shop.client.count_workflows(f"TravelerId = '{traveler}'")).count == 3

    await eventually(seen)
    before = {await run_of(shop, endpoint_id) for endpoint_id in endpoint_ids}
    order = ("renew", "--traveler", traveler, "--yes", "--json", "--per-second", "100")
    untouched = await terminal.run(*order, "--older-than", "1d")
    assert (untouched.code, untouched.document["already"], untouched.document["done"]) == (0, 3, 0)
    done = await terminal.run(*order)
    assert (done.code, done.document["done"], done.document["failed"]) == (0, 3, [])
    assert not before & {await run_of(shop, endpoint_id) for endpoint_id in endpoint_ids}


@pytest.mark.parametrize("age", ["", "30", "d", "-3d", "30 days", "100000d", "3.5h"])
async def test_what_is_no_age_is_refused_in_one_sentence(shop: Seller, terminal: Terminal, age: str) -> None:
    refused = await terminal.run("renew", "4000001", "--older-than", age)
    assert refused.code == 2
    assert f"--older-than {age!r} is no age: write a number and d, h, m or s" in refused.sentence


async def test_one_that_has_ended_or_never_was_is_told_as_that(shop: Seller, terminal: Terminal) -> None:
    unknown = await terminal.run("renew", "4999999")
    assert (unknown.code, "knows of no" in unknown.sentence) == (1, True)
    sold = await shop.sell()
    run = shop.run_of(sold.endpoint_id)
    await run.execute_update("close", {"reason": "system"})
    await run.result()
    closed = await terminal.run("renew", sold.endpoint_id)
    assert (closed.code, "knows of no" in closed.sentence) == (1, True)
