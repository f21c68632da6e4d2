import asyncio
from collections.abc import Awaitable

import pytest

from sft.client import SftClient
from sft.errors import AuthenticationFailed, NotSent
from sft.models import LifeCycle, Reason
from tests.support.raw_sft import ACCESS, REFRESH, RawRequest, answer, answering, failure, raw_sft, success
from tests.support.sft_account import ENDPOINT, PLAN, client_of
from tools.simulator.fault import Fault, Kind
from tools.simulator.platform import Platform

EXPIRED: list[Kind] = ["expired_http", "expired_envelope"]
TROUBLE: list[Fault] = [
    *(
        Fault(call="*", kind=kind)
        for kind in (
            "answer_lost",
            "reset",
            "reset_after",
            "late",
            "error_before",
            "error_after",
            "broken_json",
            "html",
            "empty_body",
            "missing_field",
            "rate_limited",
        )
    ),
    Fault(call="*", kind="timeout_text", status=200),
    Fault(call="*", kind="timeout_text", status=401),
    Fault(call="*", kind="error_before", status=302),
]

ROWS = success(responseParam={"rows": []})


async def failures(*asks: Awaitable[object]) -> list[BaseException]:
    outcomes = await asyncio.gather(*asks, return_exceptions=True)
    return [outcome for outcome in outcomes if isinstance(outcome, BaseException)]


async def test_fifty_calls_at_once_log_in_once(client: SftClient, platform: Platform) -> None:
    await asyncio.gather(*(client.fetch_sims() for _ in range(50)))
    assert platform.calls == {"login": 1, "fetchSIM": 50}


@pytest.mark.parametrize("kind", EXPIRED)
async def test_an_expired_token_is_refreshed_and_the_call_sent_once_more(
    client: SftClient, platform: Platform, kind: Kind
) -> None:
    platform.order(Fault(call="SubscribeAddon", kind=kind))
    await client.subscribe_addon(ENDPOINT, PLAN)
    assert platform.calls == {"login": 1, "RefreshToken": 1, "SubscribeAddon": 2}
    assert len(platform.endpoint(ENDPOINT).addons) == 1


async def test_a_refresh_carries_the_refresh_token_and_the_next_call_the_new_access_token() -> None:
    async def expired_once(request: RawRequest, writer: asyncio.StreamWriter) -> None:
        if request.call == "RefreshToken":
            writer.write(answer({"AccessToken": "new-access", "RefreshToken": "new-refresh"}))
        elif request.header("X-Authorization") == [f"Bearer {ACCESS}"]:
            writer.write(answer(failure(401)))
        else:
            writer.write(answer(ROWS))

    async with raw_sft(expired_once) as sft, client_of(sft.base_url) as client:
        await client.fetch_sims()
    refresh, again = sft.requests[-2:]
    assert (refresh.method, refresh.target) == ("GET", "/api/RefreshToken")
    assert refresh.header("X-Authorization") == [f"Bearer {REFRESH}"]
    assert again.header("X-Authorization") == ["Bearer new-access"]


async def test_calls_that_find_the_token_expired_together_refresh_once(client: SftClient, platform: Platform) -> None:
    await client.fetch_sims()
    platform.tokens.expire_access()
    await asyncio.gather(*(client.fetch_sims() for _ in range(20)))
    assert platform.calls["RefreshToken"] == 1
    assert platform.calls["login"] == 1


async def test_a_token_that_another_call_has_refreshed_meanwhile_is_used_without_a_second_refresh() -> None:
    slow_call_may_fail, refreshed = asyncio.Event(), asyncio.Event()

    async def handler(request: RawRequest, writer: asyncio.StreamWriter) -> None:
        if request.call == "RefreshToken":
            refreshed.set()
            writer.write(answer({"AccessToken": "second", "RefreshToken": "second-refresh"}))
        elif request.header("X-Authorization") == ["Bearer second"]:
            writer.write(answer(ROWS))
        else:
            if "perPage=99" in request.target:
                await slow_call_may_fail.wait()
            writer.write(answer(b"", status=401))

    async with raw_sft(handler) as sft, client_of(sft.base_url) as client:
        slow = asyncio.create_task(client.fetch_sims(1, 99))
        await client.fetch_sims(1, 1)
        assert refreshed.is_set()
        slow_call_may_fail.set()
        assert await slow == []
    assert sft.calls("RefreshToken") == 1
    assert sft.calls("login") == 1


async def test_a_refused_refresh_token_leads_to_a_new_login(client: SftClient, platform: Platform) -> None:
    await client.fetch_sims()
    platform.tokens.expire_access()
    platform.tokens.revoke_refresh()
    await asyncio.gather(*(client.fetch_sims() for _ in range(10)))
    assert platform.calls["RefreshToken"] == 1
    assert platform.calls["login"] == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault(call="RefreshToken", kind="expired_envelope"),
        Fault(call="RefreshToken", kind="rejected"),
        Fault(call="RefreshToken", kind="rejected", description="Authorisation Failure"),
    ],
)
async def test_a_refresh_can_be_refused_in_an_envelope_too(client: SftClient, platform: Platform, fault: Fault) -> None:
    await client.fetch_sims()
    platform.tokens.expire_access()
    platform.order(fault)
    await client.fetch_sims()
    assert platform.calls["login"] == 2


@pytest.mark.parametrize("kind", EXPIRED)
async def test_a_call_refused_with_a_new_token_too_was_not_sent_and_the_next_one_logs_in(
    client: SftClient, platform: Platform, kind: Kind
) -> None:
    platform.order(Fault(call="SubscribeAddon", kind=kind, times=2))
    with pytest.raises(AuthenticationFailed) as caught:
        await client.subscribe_addon(ENDPOINT, PLAN)
    assert caught.value.call == "SubscribeAddon"
    assert platform.calls == {"login": 1, "RefreshToken": 1, "SubscribeAddon": 2}
    await client.subscribe_addon(ENDPOINT, PLAN)
    assert platform.calls == {"login": 2, "RefreshToken": 1, "SubscribeAddon": 3}


async def test_wrong_credentials_are_authentication_failed_and_the_call_is_not_made(
    base_url: str, platform: Platform
) -> None:
    async with client_of(base_url, password="another") as client:
        with pytest.raises(AuthenticationFailed) as caught:
            await client.subscribe_addon(ENDPOINT, PLAN)
    assert caught.value.call == "SubscribeAddon"
    assert platform.calls == {"login": 1}


@pytest.mark.parametrize("kind", ["expired_envelope", "rejected"])
async def test_credentials_can_be_refused_in_an_envelope_too(client: SftClient, platform: Platform, kind: Kind) -> None:
    platform.order(Fault(call="login", kind=kind))
    with pytest.raises(AuthenticationFailed):
        await client.fetch_sims()


@pytest.mark.parametrize("status", [200, 401, 403])
async def test_an_account_that_is_not_an_enterprise_account_is_authentication_failed(status: int) -> None:
    body = failure("403", "Authorisation Failure")
    async with raw_sft(answering(body, status=status)) as sft, client_of(sft.base_url) as client:
        with pytest.raises(AuthenticationFailed):
            await client.subscribe_addon(ENDPOINT, PLAN)


async def test_a_success_that_mentions_an_authorisation_failure_is_a_success() -> None:
    body = success(responseParam={"rows": [{"simStatus": "Authorisation Failure"}]})
    async with raw_sft(answering(body)) as sft, client_of(sft.base_url) as client:
        assert len(await client.fetch_sims()) == 1


async def test_a_login_that_is_not_there_makes_one_think_of_the_address(base_url: str) -> None:
    async with client_of(base_url.removesuffix("/api")) as client:
        with pytest.raises(AuthenticationFailed, match=r"\(code 404; is SFT's address right\?\)"):
            await client.fetch_sims()


async def test_a_refused_password_does_not(base_url: str) -> None:
    async with client_of(base_url, password="wrong") as client:
        with pytest.raises(AuthenticationFailed, match=r"\(code \d+\)$"):
            await client.fetch_sims()


async def test_trouble_at_login_means_that_the_call_was_not_sent(client: SftClient, platform: Platform) -> None:
    for fault in TROUBLE:
        platform.order(fault)
        with pytest.raises(NotSent) as caught:
            await client.subscribe_addon(ENDPOINT, PLAN)
        assert type(caught.value) is NotSent, fault
        assert caught.value.call == "SubscribeAddon"
    assert platform.calls == {"login": len(TROUBLE)}
    await client.subscribe_addon(ENDPOINT, PLAN)


async def test_trouble_at_refresh_means_that_the_call_was_not_done_and_does_not_last(
    client: SftClient, platform: Platform
) -> None:
    for fault in TROUBLE:
        await client.fetch_sims()
        platform.tokens.expire_access()
        platform.order(fault.model_copy(update={"call": "RefreshToken"}))
        with pytest.raises(NotSent) as caught:
            await client.subscribe_addon(ENDPOINT, PLAN)
        assert type(caught.value) is NotSent, fault
        assert caught.value.call == "SubscribeAddon"
    assert platform.endpoint(ENDPOINT).addons == []
    await client.subscribe_addon(ENDPOINT, PLAN)
    assert len(platform.endpoint(ENDPOINT).addons) == 1


async def test_trouble_at_the_login_after_a_refused_refresh_means_not_sent(
    client: SftClient, platform: Platform
) -> None:
    await client.fetch_sims()
    platform.tokens.expire_access()
    platform.tokens.revoke_refresh()
    platform.order(Fault(call="login", kind="answer_lost"))
    with pytest.raises(NotSent):
        await client.subscribe_addon(ENDPOINT, PLAN)
    await client.subscribe_addon(ENDPOINT, PLAN)
    assert platform.calls["RefreshToken"] == 1


async def test_a_refresh_whose_answer_was_lost_is_not_tried_again_with_the_same_token(
    client: SftClient, platform: Platform
) -> None:
    await client.fetch_sims()
    platform.tokens.expire_access()
    platform.order(Fault(call="RefreshToken", kind="answer_lost"))
    with pytest.raises(NotSent):
        await client.fetch_sims()
    await client.fetch_sims()
    assert platform.calls["RefreshToken"] == 1
    assert platform.calls["login"] == 2


async def test_a_refresh_that_was_not_taken_is_tried_again_with_the_same_token(
    client: SftClient, platform: Platform
) -> None:
    await client.fetch_sims()
    platform.tokens.expire_access()
    platform.order(Fault(call="RefreshToken", kind="rate_limited"))
    with pytest.raises(NotSent):
        await client.fetch_sims()
    await client.fetch_sims()
    assert platform.calls["RefreshToken"] == 2
    assert platform.calls["login"] == 1


async def test_a_login_that_sft_puts_off_says_for_how_long(client: SftClient, platform: Platform) -> None:
    platform.order(Fault(call="login", kind="rate_limited", retry_after=17))
    with pytest.raises(NotSent) as caught:
        await client.fetch_sims()
    assert caught.value.retry_after_seconds == 17


async def test_calls_that_wait_for_the_same_login_share_its_failure(client: SftClient, platform: Platform) -> None:
    platform.order(Fault(call="login", kind="error_before", times=0))
    caught = await failures(client.fetch_sims(), *(client.subscribe_addon(ENDPOINT, PLAN) for _ in range(9)))
    assert [type(error) for error in caught] == [NotSent] * 10
    assert len({id(error) for error in caught}) == 10
    assert platform.calls == {"login": 1}


async def test_a_cancelled_call_takes_the_login_away_from_nobody() -> None:
    may_answer = asyncio.Event()

    async def handler(request: RawRequest, writer: asyncio.StreamWriter) -> None:
        if request.call == "login":
            await may_answer.wait()
            writer.write(answer({"AccessToken": ACCESS}))
        else:
            writer.write(answer(ROWS))

    async with raw_sft(handler, logs_in=False) as sft, client_of(sft.base_url) as client:
        first = asyncio.create_task(client.fetch_sims())
        await sft.has_been_asked()
        second = asyncio.create_task(client.fetch_sims())
        await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        may_answer.set()
        assert await second == []
    assert [request.call for request in sft.requests] == ["login", "fetchSIM"]


async def test_a_call_that_waits_for_its_login_when_the_client_closes_was_not_sent_and_ends_at_once() -> None:
    connected = asyncio.Event()

    async def never_shakes_hands(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read(-1)
        writer.close()

    async with await asyncio.start_server(never_shakes_hands, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        client = client_of(f"https://127.0.0.1:{port}/api", timeout_seconds=30)
        call = asyncio.create_task(client.fetch_sims())
        await connected.wait()
        async with asyncio.timeout(5):
            await client.aclose()
            with pytest.raises(NotSent):
                await call


@pytest.mark.parametrize("token", ["new\nline", "späß", "", "with space", 7, None])
async def test_a_token_that_fits_no_header_is_no_token(token: object) -> None:
    async def expired(request: RawRequest, writer: asyncio.StreamWriter) -> None:
        if request.call == "RefreshToken":
            writer.write(answer({"AccessToken": token}))
        else:
            writer.write(answer(b"", status=401))

    async with raw_sft(expired) as sft, client_of(sft.base_url) as client:
        with pytest.raises(NotSent) as caught:
            await client.fetch_sims()
    assert "RefreshToken: SFT's answer is unusable at AccessToken" in str(caught.value)


async def test_an_access_token_that_comes_without_a_refresh_token_is_replaced_by_a_login() -> None:
    async def handler(request: RawRequest, writer: asyncio.StreamWriter) -> None:
        if request.call == "login":
            writer.write(answer({"AccessToken": "first" if len(sft.requests) == 1 else "second"}))
        elif request.header("X-Authorization") == ["Bearer first"]:
            writer.write(answer(b"", status=401))
        else:
            writer.write(answer(ROWS))

    async with raw_sft(handler, logs_in=False) as sft, client_of(sft.base_url) as client:
        await client.fetch_sims()
    assert [request.call for request in sft.requests] == ["login", "fetchSIM", "login", "fetchSIM"]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, failure("1401", "Token expired")),
        (401, {"error": "unauthorized"}),
        (200, {"Response": {"resultCode": "0", "resultParam": {"resultCode": "401"}}}),
        (200, success(resultParam={"resultCode": 401}, responseParam={}, info={})),
    ],
)
async def test_a_token_can_be_refused_in_other_words(status: int, body: object) -> None:
    async def expired_once(request: RawRequest, writer: asyncio.StreamWriter) -> None:
        if request.call == "RefreshToken":
            writer.write(answer({"AccessToken": "new-access", "RefreshToken": ""}))
        elif request.header("X-Authorization") == ["Bearer new-access"]:
            writer.write(answer(success()))
        else:
            writer.write(answer(body, status=status))

    async with raw_sft(expired_once) as sft, client_of(sft.base_url) as client:
        await client.change_lifecycle(ENDPOINT, LifeCycle.ACTIVE, Reason.SYSTEM)
    changed, refreshed = "EndPointLifeCycleChange", "RefreshToken"
    assert [request.call for request in sft.requests] == ["login", changed, refreshed, changed]


async def test_one_endpoint_for_which_no_token_does_keeps_nobody_from_the_others(
    client: SftClient, platform: Platform
) -> None:
    platform.order(Fault(call="GetEndPointProfile", kind="expired_http", endpoint_id=ENDPOINT, times=0))
    for _ in range(8):
        with pytest.raises(AuthenticationFailed):
            await client.get_endpoint_profile(ENDPOINT)
    logins = platform.calls["login"]
    await client.fetch_sims()
    platform.tokens.expire_access()
    await client.fetch_sims()
    assert platform.calls["login"] == logins + 1
