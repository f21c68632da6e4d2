"""Each habit changes what is told, and only that; by name, over HTTP and together."""

from datetime import UTC, datetime
from random import Random

import httpx
import pytest

from tests.support.sft_caller import DAILY, HEADERS, Caller
from tools.simulator.habits.catalog import HABITS, Habits, UnknownHabit, mix
from tools.simulator.habits.habit import ONE_OF
from tools.simulator.platform import Platform
from tools.simulator.server import serving

ENDPOINT = "4000001"


MOMENT = datetime(2100, 1, 1, tzinfo=UTC)


async def life(*habits: str) -> list[str]:
    """What a platform with these habits answers to some of each call."""
    platform = Platform(esims=3, habits=habits)
    platform.clock.set(MOMENT)
    async with serving(platform) as url, httpx.AsyncClient(base_url=url, headers=HEADERS, timeout=10) as http:
        caller = Caller(http)
        await caller.login()
        answers = [
            await caller.fetch(),
            await caller.profile(ENDPOINT),
            await caller.change_lifecycle(ENDPOINT),
            await caller.change_lifecycle(ENDPOINT),
            await caller.subscribe(ENDPOINT, DAILY),
            await caller.profile(ENDPOINT),
            await caller.subscribe(ENDPOINT, DAILY),
        ]
        platform.set_status(ENDPOINT, "Active")
        platform.use(ENDPOINT, 1000)
        answers += [await caller.profile(ENDPOINT), await caller.profile(ENDPOINT), await caller.fetch()]
    return [one.text for one in answers]


OF_LOGINS_AND_RENEWALS = {"blocked", "lockout", "login_refused_in_body", "renews_early", "renews_anew"}


@pytest.fixture(scope="module")
async def usual() -> list[str]:
    """What a platform without habits answers."""
    return await life()


async def test_without_a_habit_the_same_is_told_each_time(usual: list[str]) -> None:
    assert await life() == usual


@pytest.mark.parametrize("name", sorted(HABITS.keys() - OF_LOGINS_AND_RENEWALS))
async def test_every_habit_tells_something_differently(name: str, usual: list[str]) -> None:
    assert await life(name) != usual


async def test_habits_are_had_and_given_up_over_http(control: httpx.AsyncClient, platform: Platform) -> None:
    answer = await control.post("habits", json=["zone_east", "ids_as_text"])
    assert answer.json() == {"habits": ["ids_as_text", "zone_east"]}
    shown = (await control.get("habits")).json()
    assert shown.keys() == HABITS.keys()
    assert [name for name, habit in shown.items() if habit["has"]] == ["zone_east", "ids_as_text"]
    assert (await control.post("habits", json=[])).json() == {"habits": []}
    assert not platform.habits.names


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["bad_habit"], "there is no habit 'bad_habit'"),
        (["zone_west", "zone_east"], "zone_east and zone_west exclude each other"),
    ],
)
async def test_what_is_no_habit_is_said_in_one_sentence(
    control: httpx.AsyncClient, names: list[str], sentence: str
) -> None:
    answer = await control.post("habits", json=names)
    assert (answer.status_code, answer.json()) == (422, {"error": sentence})


def test_a_random_mix_goes_together_and_lets_sales_be() -> None:
    mixes = [mix(Random(seed), 12) for seed in range(300)]
    for names in mixes:
        Habits(names)
        assert not [name for name in names if HABITS[name].stops_sales]
    assert {name for names in mixes for name in names} == {name for name in HABITS if not HABITS[name].stops_sales}
    assert mix(Random(7)) == mix(Random(7))


def test_two_habits_of_one_subject_exclude_each_other() -> None:
    with pytest.raises(UnknownHabit, match="exclude each other"):
        Habits(["empty_null", "empty_dash"])
    assert {habit.subject for habit in HABITS.values()} >= ONE_OF


async def test_a_blocked_account_logs_nobody_in(caller: Caller, platform: Platform) -> None:
    platform.habits.have(["blocked"])
    answer = await caller.http.post("login", json={"username": "demo", "password": "demo-password"})
    assert answer.json()["Response"]["resultParam"]["resultCode"] == "11044"


async def test_five_refused_logins_lock_the_account(caller: Caller, platform: Platform) -> None:
    platform.habits.have(["lockout"])
    for _ in range(5):
        wrong = await caller.http.post("login", json={"username": "demo", "password": "wrong"})
        assert wrong.status_code == 401
    right = await caller.http.post("login", json={"username": "demo", "password": "demo-password"})
    assert right.json()["Response"]["resultParam"]["resultCode"] == "11044"


async def test_a_refused_login_may_be_told_in_the_body(caller: Caller, platform: Platform) -> None:
    platform.habits.have(["login_refused_in_body"])
    wrong = await caller.http.post("login", json={"username": "demo", "password": "wrong"})
    assert wrong.status_code == 200
    assert wrong.json()["Response"]["resultParam"]["resultCode"] == "10126"


@pytest.mark.parametrize(("habit", "keeps_its_id"), [("renews_early", True), ("renews_anew", False)])
def test_renewals(habit: str, keeps_its_id: bool) -> None:
    platform = Platform(esims=1, habits=[habit])
    platform.set_status(ENDPOINT, "Active")
    instance = platform.add_foreign_addon(ENDPOINT, "PLAN-WAKANDA-MONTHLY")
    bought, granted = instance.unique_id, instance.plan.granted_bytes
    platform.use(ENDPOINT, granted if habit == "renews_early" else 1)
    if habit == "renews_anew":
        platform.clock.push(31 * 86_400)
    [renewed] = platform.endpoint(ENDPOINT).addons
    assert (renewed.unique_id == bought) is keeps_its_id
    assert renewed.remaining_bytes == granted
    assert [change.change for change in platform.endpoint(ENDPOINT).history][-1] == "addon_renewed"
