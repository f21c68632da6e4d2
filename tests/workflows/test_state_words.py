"""SFT spells its states differently from place to place, and knows more of them than we do."""

import logging
from collections.abc import Callable

import pytest
from temporalio.client import Client

from contract.subscription import Subscription
from tests.support.dialects import in_fields, speak
from tests.support.sales import failure, statuses
from tests.support.seller import Seller, eventually, seller
from tools.simulator.fault import Fault

LIFECYCLE = "EndPointLifeCycleChange"
STATES = ("simStatus", "simAttachStatus", "previousStatus", "currentStatus", "status")
SPELLINGS: dict[str, Callable[[str], str]] = {
    "together": lambda word: word.replace("-", "").replace(" ", ""),
    "capitals": lambda word: word.upper().replace("-", "_"),
    "small": lambda word: word.lower().replace("-", " "),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_life_is_the_same_however_the_states_are_spelled(
    client: Client, monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    speak(monkeypatch, in_fields(lambda _, word: SPELLINGS[spelling](word), *STATES))
    async with seller(client) as shop, shop.working():
        shop.platform.set_status(shop.platform.endpoints[0].endpoint_id, "Pre-Active")
        shop.platform.order(Fault(call=LIFECYCLE, kind="answer_lost"))  # done, and known by the profile
        sold = await shop.sell()
        assert sold.endpoint_id == shop.platform.endpoints[0].endpoint_id
        assert shop.platform.calls[LIFECYCLE] == 1
        run = shop.run_of(sold.endpoint_id)
        for change, status in (("suspend", "Suspended"), ("resume", "Active"), ("close", "Suspended")):
            shop.platform.order(Fault(call=LIFECYCLE, kind="answer_lost"))
            await run.execute_update(change, {"reason": "system"}, result_type=Subscription)
            assert statuses(shop)[0] == status
        assert shop.platform.calls[LIFECYCLE] == 4


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_strangers_endpoint_is_known_and_ours_given_back_however_the_states_are_spelled(
    client: Client, monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    speak(monkeypatch, in_fields(lambda _, word: SPELLINGS[spelling](word), *STATES))
    async with seller(client) as shop, shop.working():
        shop.platform.order(Fault(call=LIFECYCLE, kind="already_active"))
        run = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
        await shop.reaches(run, "needs_attention")
        assert statuses(shop)[:2] == ["Active", "Active"]
        await run.cancel()

        async def given_back() -> bool:
            return statuses(shop)[:2] == ["Active", "Suspended"]

        await eventually(given_back)


@pytest.mark.parametrize("word", ["Hold", "Ready To Activate", "Active-Test", "Suspended", "Pre-Active (reserved)"])
async def test_a_sim_in_another_state_than_was_asked_for_is_not_sold(
    client: Client, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    speak(monkeypatch, in_fields(lambda _, told: word if told == "Pre-Active" else told, "simStatus"))
    async with seller(client) as shop, shop.working():
        run = await shop.start(shop.purchase(stock_wait_seconds=0))
        assert (await failure(run)).type == "NoEsimAvailable"
        assert shop.platform.calls[LIFECYCLE] == 0


@pytest.mark.parametrize(("word", "at_sft"), [("Hold", "Suspended"), ("Active-Test", "Active")])
async def test_an_endpoint_that_was_in_a_state_that_we_do_not_know_is_not_ours(
    shop: Seller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, word: str, at_sft: str
) -> None:
    """What our request changed is undone; what it left as it was is somebody's."""
    told = 0

    def once(field: str, state: str) -> str:
        nonlocal told
        told += field == "previousStatus"
        is_first = told <= 1 and (field == "previousStatus" or word == "Active-Test")
        return word if is_first else state

    speak(monkeypatch, in_fields(once, "previousStatus", "currentStatus"))
    sold = await shop.sell()
    first = shop.platform.endpoints[0]
    assert sold.endpoint_id != first.endpoint_id
    with caplog.at_level(logging.WARNING):
        closed = await shop.run_of(first.endpoint_id).result()
    assert closed.status == "quarantined"
    assert first.status == at_sft


async def test_where_unused_ones_are_called_otherwise_no_more_than_two_esims_are_lost(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak(monkeypatch, in_fields(lambda _, word: "Free" if word == "Pre-Active" else word, "previousStatus"))
    async with seller(client, esims=4) as shop, shop.working():
        run = await shop.start()
        stopped = await shop.reaches(run, "needs_attention")
        assert "was Free before our first request" in stopped.detail
        await run.cancel()

        async def given_back() -> bool:
            return statuses(shop) == ["Suspended", "Suspended", "Pre-Active", "Pre-Active"]

        await eventually(given_back)
