"""Which eSIM a purchase should try to claim, and how few calls to SFT that takes."""

import asyncio
from collections import Counter

import pytest
from pydantic import SecretStr

from activities import inventory
from activities.inventory import Inventory, for_sale
from contract.esim import AvailableEsim
from sft.client import SftClient
from sft.errors import SftError, Unanswered
from sft.models import Sim
from tests.support.seller import eventually
from tools.simulator.fault import Fault
from tools.simulator.platform import Platform
from tools.simulator.server import serving


class Claims:
    """Which endpoints are held, and how often that was asked for."""

    def __init__(self) -> None:
        self.held: set[str] = set()
        self.asked: Counter[str] = Counter()

    async def __call__(self, endpoint_id: str) -> bool:
        self.asked[endpoint_id] += 1
        return endpoint_id in self.held


@pytest.fixture
def claims() -> Claims:
    return Claims()


@pytest.fixture
def shelf(sft: SftClient, claims: Claims) -> Inventory:
    return Inventory(sft, claims)


@pytest.fixture
def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was handed out is not passed over: it is asked for, as after some seconds."""
    monkeypatch.setattr(inventory, "PASS_OVER_SECONDS", 0.0)


def pages(platform: Platform) -> list[str]:
    return [entry.query.partition("&page=")[2] for entry in platform.log if entry.call == "fetchSIM"]


async def taken(shelf: Inventory, avoid: list[str] | None = None) -> AvailableEsim:
    esim = await shelf.take(avoid or [])
    assert esim is not None
    return esim


async def test_rivals_get_an_esim_each_and_share_a_look(shelf: Inventory, platform: Platform, claims: Claims) -> None:
    platform.add_esims(17)
    esims = await asyncio.gather(*(taken(shelf) for _ in range(20)))
    assert len({esim.endpoint_id for esim in esims}) == 20
    assert pages(platform) == ["1&perPage=1", "1&perPage=100"]
    assert claims.asked == {}


async def test_who_has_no_rivals_asks_for_one_row(shelf: Inventory, platform: Platform) -> None:
    first, second = await taken(shelf), platform.endpoints[1]
    platform.set_status(first.endpoint_id, "Active")
    assert (await taken(shelf)).endpoint_id == second.endpoint_id
    assert pages(platform) == ["1&perPage=1"] * 2


async def test_what_was_handed_out_or_failed_just_now_is_passed_over_without_asking(
    shelf: Inventory, platform: Platform, claims: Claims
) -> None:
    first, second, third = (endpoint.endpoint_id for endpoint in platform.endpoints)
    assert (await taken(shelf)).endpoint_id == first
    assert (await taken(shelf, avoid=[second])).endpoint_id == third
    assert claims.asked == {}
    assert await shelf.take() is None


@pytest.mark.usefixtures("_forgetful")
async def test_what_was_handed_out_before_is_handed_out_again_only_if_nobody_holds_it(
    shelf: Inventory, claims: Claims
) -> None:
    head = (await taken(shelf)).endpoint_id
    assert (await taken(shelf)).endpoint_id == head
    assert claims.asked == {head: 1}
    claims.held.add(head)
    assert (await taken(shelf)).endpoint_id != head


@pytest.mark.usefixtures("_forgetful")
async def test_a_head_that_is_taken_is_not_asked_for_again_and_again(
    shelf: Inventory, platform: Platform, claims: Claims
) -> None:
    for _ in platform.endpoints:
        claims.held.add((await taken(shelf)).endpoint_id)
    assert await shelf.take() is None
    assert pages(platform) == ["1&perPage=1"] * 2 + ["1&perPage=100"] * 2
    platform.set_status(platform.endpoints[0].endpoint_id, "Suspended")
    platform.add_esims(1)
    claims.held.add((await taken(shelf)).endpoint_id)
    assert await shelf.take() is None
    assert pages(platform)[4:6] == ["1&perPage=100", "1&perPage=1"]


async def test_a_shelf_is_good_for_some_seconds_only(
    shelf: Inventory, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform.add_esims(47)
    monkeypatch.setattr(inventory, "SHELF_SECONDS", 0.2)
    await asyncio.gather(taken(shelf), taken(shelf), taken(shelf))
    takes = 3

    async def asked_again() -> bool:
        nonlocal takes
        takes += 1
        await taken(shelf)
        return len(pages(platform)) > 2

    await eventually(asked_again)
    assert takes < 40  # else the shelf was empty


async def test_the_shelf_is_in_another_order_than_the_list_which_other_processes_see_too(
    shelf: Inventory, platform: Platform
) -> None:
    platform.add_esims(27)
    handed_out = [esim.endpoint_id for esim in await asyncio.gather(*(taken(shelf) for _ in range(30)))]
    listed = [endpoint.endpoint_id for endpoint in platform.endpoints]
    assert sorted(handed_out) == listed
    assert handed_out[1:] not in (listed[1:], listed[:0:-1])


@pytest.mark.usefixtures("_forgetful")
async def test_only_so_many_endpoints_are_remembered_and_the_oldest_is_forgotten_first(
    shelf: Inventory, platform: Platform, claims: Claims, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventory, "REMEMBERED", 1)
    first, second, _ = (endpoint.endpoint_id for endpoint in platform.endpoints)
    assert (await taken(shelf)).endpoint_id == first
    platform.set_status(first, "Active")
    assert (await taken(shelf)).endpoint_id == second
    assert (await taken(shelf)).endpoint_id == second
    platform.set_status(first, "Pre-Active")
    assert (await taken(shelf)).endpoint_id == first
    assert claims.asked == {second: 1}


async def test_further_pages_are_read_when_a_page_holds_nothing_new(platform: Platform) -> None:
    platform.add_esims(100)
    claims = Claims()
    async with (
        serving(platform) as base_url,
        SftClient(base_url=base_url, username="demo", password=SecretStr("demo-password")) as sft,
    ):
        avoid = [endpoint.endpoint_id for endpoint in platform.endpoints[:100]]
        esim = await taken(Inventory(sft, claims), avoid)
    assert esim.endpoint_id not in avoid
    assert pages(platform) == ["1&perPage=1", "1&perPage=100", "2&perPage=100"]


async def test_who_waited_while_another_was_told_that_there_is_none_is_told_the_same(
    shelf: Inventory, platform: Platform
) -> None:
    for endpoint in platform.endpoints:
        platform.set_status(endpoint.endpoint_id, "Active")
    assert await asyncio.gather(*(shelf.take() for _ in range(10))) == [None] * 10
    assert len(pages(platform)) == 1
    platform.add_esims(1)
    assert await shelf.take() is not None


async def test_who_waited_while_sft_failed_another_is_told_the_same(shelf: Inventory, platform: Platform) -> None:
    platform.order(Fault(call="fetchSIM", kind="error_before"))
    told = await asyncio.gather(*(shelf.take() for _ in range(10)), return_exceptions=True)
    assert all(isinstance(error, Unanswered) for error in told)
    assert len(pages(platform)) == 1
    assert await shelf.take() is not None


async def test_sft_that_cannot_be_asked_is_no_empty_inventory(shelf: Inventory, platform: Platform) -> None:
    platform.order(Fault(call="fetchSIM", kind="rate_limited"))
    with pytest.raises(SftError):
        await shelf.take()


@pytest.mark.parametrize("missing", ["endpoint_id", "iccid", "activation_code"])
def test_a_row_that_nobody_could_install_is_not_for_sale(missing: str) -> None:
    whole = Sim(endpoint_id="4000001", iccid="8932", activation_code="LPA:1$a$b")
    assert for_sale(whole) == AvailableEsim(endpoint_id="4000001", iccid="8932", activation_code="LPA:1$a$b")
    assert for_sale(whole.model_copy(update={missing: None})) is None


@pytest.mark.parametrize(
    "written",
    ["lpa:1$a.example$B", "1$a.example$B", "  LPA:1$a.example$B\r\n", "LPA:1$a.example$B$", "Lpa:1$a.example$B$$0"],
)
def test_a_code_is_normalised_before_it_is_sold(written: str) -> None:
    esim = for_sale(Sim(endpoint_id="4000001", iccid="8932", activation_code=written))
    assert esim is not None
    assert esim.activation_code == "LPA:1$a.example$B"


@pytest.mark.parametrize("code", [None, "", "-", "B", "LPA:1$a.example$", "LPA:3$a.example$B", "LPA:1$a.example$B C"])
async def test_what_nobody_could_install_is_passed_over_and_said_once(
    platform: Platform, shelf: Inventory, caplog: pytest.LogCaptureFixture, code: str | None
) -> None:
    bad, good = Sim(endpoint_id="4000009", iccid="8932", activation_code=code), "LPA:1$a.example$B"
    assert for_sale(bad) is None
    for _ in range(2):
        shelf._note_uninstallable([bad, Sim(endpoint_id="4000010", iccid="8933", activation_code=good)])
    assert len(caplog.messages) == 1
    assert "Endpoint 4000009 is passed over" in caplog.text
    assert "a.example" not in caplog.text
