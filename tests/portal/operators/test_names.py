"""Operators with names: who logs in by one is named in what they order, until their sessions are ended."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from seller.accounts import Accounts
from tests.portal.operators.test_overview import PASSWORD, stuck
from tests.support.html_visitor import Visitor, visiting
from tests.support.portal import opened
from tests.support.seller import Seller


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    return Accounts(tmp_path / "operators.json")


async def log_in(visitor: Visitor, name: str, password: str) -> httpx.Response:
    return await visitor.send(await visitor.page("/operators/login"), "login", name=name, password=password)


@asynccontextmanager
async def operators_pages(shop: Seller, accounts: Accounts, **settings: SecretStr) -> AsyncIterator[str]:
    async with opened(shop, portal_operators=str(accounts.path), **settings) as portal:
        yield portal.url


async def is_in(visitor: Visitor) -> bool:
    return (await visitor.http.get("/operators")).status_code == 200


async def test_who_logs_in_by_name_is_named_in_the_record(shop: Seller, accounts: Accounts) -> None:
    password = accounts.add("anna")
    async with operators_pages(shop, accounts) as url, visiting(url) as visitor:
        assert (await log_in(visitor, " anna ", password)).headers["location"] == "/operators"
        assert "Log out anna" in await visitor.text("/operators")
        run, purchase_id = await stuck(shop, visitor)
        page = await visitor.page("/operators")
        await visitor.send(page, f"amend-{purchase_id}", product="Wakanda Daily")
        endpoint_id = (await run.result()).endpoint_id
        question = await visitor.page(f"/operators/esims/{endpoint_id}/suspend")
        done = await visitor.send(question, "suspend", reason="system")
        assert "anna" in await visitor.text(done.headers["location"])
        orders = (await shop.subscription(endpoint_id)).orders
        assert [(order.order, order.ordered_by) for order in orders] == [("amend_plan", "anna"), ("suspend", "anna")]


async def test_nobody_else_gets_in_by_a_name(open_shop: Seller, accounts: Accounts) -> None:
    passwords = [accounts.add(name) for name in ("anna", "ben")]
    async with operators_pages(open_shop, accounts, portal_operator_password=SecretStr(PASSWORD)) as url:
        for name, password in (("anna", passwords[1]), ("anna", PASSWORD), ("carl", PASSWORD), ("", passwords[0])):
            async with visiting(url) as visitor:
                refused = await log_in(visitor, name, password)
                assert (refused.status_code, await is_in(visitor)) == (403, False), name
                assert password not in refused.text


async def test_the_one_password_of_all_is_nobodys_where_there_is_none(open_shop: Seller, accounts: Accounts) -> None:
    accounts.add("anna")
    async with operators_pages(open_shop, accounts) as url, visiting(url) as visitor:
        for password in ("", PASSWORD):
            assert (await log_in(visitor, "", password)).status_code == 403
        assert not await is_in(visitor)


async def test_logging_out_everywhere_ends_every_session_of_that_operator_and_of_no_other(
    open_shop: Seller, accounts: Accounts
) -> None:
    anna, ben = accounts.add("anna"), accounts.add("ben")
    async with (
        operators_pages(open_shop, accounts) as url,
        visiting(url) as here,
        visiting(url) as there,
        visiting(url) as other,
    ):
        for visitor, name, password in ((here, "anna", anna), (there, "anna", anna), (other, "ben", ben)):
            await log_in(visitor, name, password)
        stolen = dict(here.http.cookies)
        await here.send(await here.page("/operators"), "logout-everywhere")
        here.http.cookies.update(stolen)
        assert [await is_in(visitor) for visitor in (here, there, other)] == [False, False, True]
        assert (await log_in(there, "anna", anna)).status_code == 303
        assert await is_in(there)


async def test_who_was_removed_is_out_with_the_next_request(open_shop: Seller, accounts: Accounts) -> None:
    password = accounts.add("anna")
    accounts.add("ben")
    async with operators_pages(open_shop, accounts) as url, visiting(url) as visitor:
        await log_in(visitor, "anna", password)
        page = await visitor.page("/operators")
        accounts.remove("anna")
        assert not await is_in(visitor)
        sent = await visitor.send(page, "find-esim", esim="1")
        assert sent.headers["location"] == "/operators/login"
        accounts.add("anna")  # another of that name
        assert not await is_in(visitor)


async def test_a_file_that_cannot_be_read_lets_nobody_in_and_says_so(
    open_shop: Seller, accounts: Accounts, caplog: pytest.LogCaptureFixture
) -> None:
    password = accounts.add("anna")
    async with operators_pages(open_shop, accounts) as url, visiting(url) as visitor:
        await log_in(visitor, "anna", password)
        accounts.path.write_text("nonsense")
        assert (await visitor.http.get("/operators")).status_code == 503
        refused = await log_in(visitor, "anna", password)
        assert (refused.status_code, "Nobody can log in by name at the moment" in refused.text) == (503, True)
    assert "is not a file of operators; see PORTAL_OPERATORS" in caplog.text
