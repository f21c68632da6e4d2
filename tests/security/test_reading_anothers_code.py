"""Somebody who may write to the namespace and has no keys wants the shop to show another traveler's activation code."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from contract.esim import ProvisionedEsim
from contract.purchase import EsimPurchase
from portal.keys import ApiKeys
from tests.support.forgetting import forget, found_by
from tests.support.html_visitor import visiting
from tests.support.intruder import Answers, Intruder, intruding
from tests.support.portal import opened
from tests.support.seller import PLAN, PRODUCT, Seller, eventually
from tests.support.telling import long_but
from tests.support.terminal import terminal_of

PASSWORD = "a password of the tests"


class SignedOn:
    """The shop's login: a proxy in front says who has signed in."""

    async def traveler_of(self, request: Request) -> str | None:
        return request.headers.get("x-customer")

    def remember(self, response: Response, traveler_id: str) -> None:
        """The proxy does."""


@dataclass
class Attack:
    """An intruder who is a traveler, too; the pages, the REST API and the terminal that are asked for their eSIM."""

    shop: Seller
    intruder: Intruder
    pages: httpx.AsyncClient
    rest: httpx.AsyncClient
    victim: ProvisionedEsim
    me: str
    name: str
    """Of a purchase and an endpoint that there are not."""

    @property
    def esim(self) -> Answers:
        """What a subscription of mine would say of itself."""
        return {
            "subscription_id": f"subscription-{self.name}",
            "traveler_id": self.me,
            "endpoint_id": self.name,
            "iccid": "8932",
            "status": "active",
        }

    @property
    def purchase(self) -> Answers:
        return {"purchase_id": self.name, "traveler_id": self.me, "product": PRODUCT, "plan_id": PLAN}

    @property
    def claim(self) -> Answers:
        """What it would have been started with."""
        return {"written_by": "1.0", "subscription": self.esim, "purchase": self.purchase, "activation_code": "mine"}

    @property
    def loot(self) -> Answers:
        """What the victim was sold: with payloads that are not bound to their place, a copy of the ciphertext."""
        return self.victim.model_dump(mode="json")

    async def forge_first_purchase(self) -> None:
        """A subscription that visibility lists as what was sold for the purchase of that name."""
        says = {"subscription": self.esim, "esim": self.loot}
        await self.intruder.start(
            "TravelerSubscriptionWorkflow", f"subscription-{self.name}", self.claim, says, FirstPurchaseId=self.name
        )

    async def sees(self, *names: str) -> str:
        """Everything that is shown of these purchases and endpoints."""
        seen = [(await self.pages.get("/esims")).text, (await self.rest.get(f"/travelers/{self.me}/esims")).text]
        terminal = terminal_of(self.shop)
        for name in names:
            for page in (f"/esims/{name}/install", f"/purchases/{name}", f"/esims/{name}/checkout?product={PRODUCT}"):
                answer = await self.pages.get(page)
                assert answer.status_code == 404, (page, answer.text)
                seen.append(answer.text)
            esim = f"/travelers/{self.me}/esims/{name}"
            for call in (esim, f"{esim}/qr.svg", f"{esim}/qr.png", f"{esim}/addons/{name}", f"/purchases/{name}"):
                answer = await self.rest.get(call)
                assert (answer.status_code, answer.json()["failure"]) == (404, "NotFound"), call
                seen.append(answer.text)
            assert (await self.rest.post(f"{esim}/usage")).status_code == 404
            for command in ("qr", "status"):
                told = await terminal.run(command, name, "--json")
                assert (told.code, told.document["error"]["type"]) == (1, "NotFound"), told.output
                seen += [told.output, told.errors]
        listed = await terminal.run("list", "--traveler", self.me, "--json")
        assert listed.document["subscriptions"] == []
        return "\n".join([*seen, listed.output])

    async def gets_nothing(self, *names: str) -> None:
        seen = await self.sees(*names)
        victim = self.victim
        for secret in (victim.activation_code, victim.activation_code.split("$")[-1], victim.iccid, victim.endpoint_id):
            assert secret not in seen


@asynccontextmanager
async def attacking(shop: Seller, directory: Path) -> AsyncIterator[Attack]:
    number = next(shop.numbers)
    shop.platform.add_esims(2)  # the shop is shared, and each attack takes some
    victim = await shop.sell(shop.purchase(traveler_id=f"T-victim-{number}"))
    me, name = f"T-evil-{number}", f"evil-{number}"
    keys = directory / "keys.json"
    key = ApiKeys(keys).add("tests")
    settings = {"portal_api_keys": str(keys), "portal_operator_password": SecretStr(PASSWORD)}
    async with (
        intruding(shop.client, f"queue-of-{name}") as intruder,
        opened(shop, SignedOn(), **settings) as portal,
        httpx.AsyncClient(base_url=portal.url, headers={"x-customer": me}, timeout=30) as pages,
        httpx.AsyncClient(base_url=f"{portal.url}/api", headers={"Authorization": f"Bearer {key}"}, timeout=30) as rest,
    ):
        yield Attack(shop, intruder, pages, rest, victim, me, name)


@pytest.fixture
async def attack(open_shop: Seller, tmp_path: Path) -> AsyncIterator[Attack]:
    async with attacking(open_shop, tmp_path) as attack:
        yield attack


async def test_a_purchase_of_ones_own_that_returns_what_another_bought_shows_nothing(attack: Attack) -> None:
    name, start = attack.name, attack.intruder.start
    says = {"subscription": attack.esim, "esim": attack.loot, "refresh_usage": attack.loot | {"status": "active"}}
    await start("TravelerSubscriptionWorkflow", f"subscription-{name}", attack.claim | {"activation_code": "x"}, says)
    done = {"step": "completed", "endpoint_id": name, "detail": "It can be installed."}
    says = {"progress": done, "result": attack.loot}
    await start("ProvisionEsimWorkflow", f"provision-{name}", attack.purchase, says)
    install = await attack.pages.get(f"/esims/{name}/install")
    assert install.status_code == 404
    rest = f"/travelers/{attack.me}/esims/{name}"
    for answer in (
        await attack.rest.get(f"/purchases/{name}"),
        await attack.rest.get(f"{rest}/qr.svg"),
        await attack.rest.get(f"{rest}/qr.png"),
        await attack.rest.post(f"{rest}/usage"),
    ):
        assert (answer.status_code, answer.json()["failure"]) == (404, "NotFound")
    for command in ("qr", "status"):
        told = await terminal_of(attack.shop).run(command, name, "--json")
        assert attack.victim.iccid not in told.output + told.errors
        assert attack.victim.activation_code not in told.output + told.errors
    assert (await terminal_of(attack.shop).run("qr", name, "--json")).document["error"]["type"] == "NotFound"


CHANGED: list[dict[str, Any]] = [
    {"traveler_id": "T-another"},
    {"endpoint_id": "another"},
    {"subscription_id": "subscription-another"},
    {"activation_code": "LPA:1$another$X"},
    {"addon": {"purchase_id": "another", "product": "x", "plan_id": "x", "unique_id": "1", "status": "provisioned"}},
]


@pytest.mark.parametrize("changed", long_but(CHANGED[:1], CHANGED), ids=lambda changed: next(iter(changed)))
async def test_a_result_that_differs_from_its_subscription_in_one_thing_is_not_shown(
    attack: Attack, changed: dict[str, Any]
) -> None:
    name, start = attack.name, attack.intruder.start
    addon = {"purchase_id": name, "product": PRODUCT, "plan_id": PLAN, "unique_id": "1", "status": "provisioned"}
    code = "LPA:1$mine$M"
    mine = attack.esim | {"activation_code": code, "addon": addon}
    claim = attack.claim | {"activation_code": code}
    says = {"subscription": attack.esim, "esim": mine}
    await start("TravelerSubscriptionWorkflow", f"subscription-{name}", claim, says)
    await start("ProvisionEsimWorkflow", f"provision-{name}", attack.purchase, {"result": mine | changed})
    assert (await attack.rest.get(f"/purchases/{name}")).status_code == 404
    for command in ("qr", "status"):
        told = await terminal_of(attack.shop).run(
            command, f"provision-{name}" if command == "status" else name, "--json"
        )
        assert (told.code, told.document["error"]["type"]) == (1, "NotFound")


@pytest.mark.long
async def test_runs_whose_ids_do_not_fit_together_are_not_found(attack: Attack) -> None:
    name, victim, start = attack.name, attack.victim, attack.intruder.start
    theirs = {"subscription_id": victim.subscription_id, "endpoint_id": victim.endpoint_id}
    says = {"subscription": attack.esim | theirs, "esim": attack.loot | {"traveler_id": attack.me}}
    claim = attack.claim | {"subscription": attack.esim | theirs}
    await start("TravelerSubscriptionWorkflow", f"subscription-{name}", claim, says, TravelerId=attack.me)
    says = {"progress": {"step": "completed", "detail": "x"}, "result": attack.loot | {"traveler_id": attack.me}}
    other = attack.purchase | {"purchase_id": victim.addon.purchase_id}
    await start("ProvisionEsimWorkflow", f"provision-{name}", other, says)
    await attack.gets_nothing(name)


@pytest.mark.long
async def test_what_visibility_lists_as_mine_and_is_anothers_is_not_mine(attack: Attack) -> None:
    victim, start = attack.victim, attack.intruder.start
    # Its id, taken for that of an endpoint, is the victim's.
    await start("TravelerSubscriptionWorkflow", victim.endpoint_id, None, {}, TravelerId=attack.me)
    theirs = {"traveler_id": victim.traveler_id}
    claim = attack.claim | {"subscription": attack.esim | theirs, "purchase": attack.purchase | theirs}
    says = {"subscription": attack.esim | {"iccid": victim.iccid}, "esim": attack.loot}
    await start("TravelerSubscriptionWorkflow", f"subscription-{attack.name}", claim, says, TravelerId=attack.me)
    await attack.gets_nothing()


@pytest.mark.long
async def test_runs_of_another_type_are_not_found(attack: Attack) -> None:
    name, start = attack.name, attack.intruder.start
    says = {"subscription": attack.esim, "esim": attack.loot | {"traveler_id": attack.me}}
    await start("SomethingElse", f"subscription-{name}", attack.claim, says, TravelerId=attack.me)
    says = {"progress": {"step": "completed", "detail": "x"}, "result": attack.loot}
    await start("SomethingElse", f"provision-{name}", attack.purchase, says)
    await attack.gets_nothing(name)
    told = await terminal_of(attack.shop).run("why", name, "--json")
    assert told.document["error"]["type"] == "NotFound"


@pytest.mark.long
async def test_a_purchase_that_no_run_tells_of_is_not_what_a_forged_subscription_says(attack: Attack) -> None:
    name = attack.name
    await attack.forge_first_purchase()
    assert (await attack.rest.get(f"/purchases/{name}")).status_code == 404
    told = await terminal_of(attack.shop).run("qr", name, "--json")
    assert (told.code, told.document["error"]["type"]) == (1, "NotFound")


@pytest.mark.long
async def test_a_worker_takes_nothing_that_another_bought_for_what_was_sold_before(attack: Attack) -> None:
    name = attack.name
    await attack.forge_first_purchase()
    sold = await attack.shop.sell(EsimPurchase.model_validate(attack.purchase))
    assert sold.endpoint_id not in (attack.victim.endpoint_id, name)
    assert (sold.traveler_id, sold.addon.purchase_id) == (attack.me, name)


async def test_who_puts_a_run_of_theirs_in_the_place_of_a_purchase_neither_gets_nor_hides_what_was_sold(
    attack: Attack,
) -> None:
    victim, purchase_id = attack.victim, attack.victim.addon.purchase_id
    await found_by(attack.shop, EsimPurchase.model_validate(attack.purchase | {"purchase_id": purchase_id}))
    await forget(attack.shop, f"provision-{purchase_id}")
    mine = attack.purchase | {"purchase_id": purchase_id}
    await attack.intruder.start("ProvisionEsimWorkflow", f"provision-{purchase_id}", mine, {"result": attack.loot})
    page = await attack.pages.get(f"/purchases/{purchase_id}")
    assert (page.status_code, victim.endpoint_id in page.text) == (404, False)
    answer = (await attack.rest.get(f"/purchases/{purchase_id}")).json()
    assert answer["traveler_id"] == answer["esim"]["traveler_id"] == victim.traveler_id


@pytest.mark.long
async def test_operators_are_shown_no_sale_that_only_visibility_knows(attack: Attack) -> None:
    shop, name, start = attack.shop, attack.name, attack.intruder.start
    later = timedelta(hours=1)
    for workflow_id, input in (
        (f"provision-{name}-waits", attack.purchase | {"purchase_id": f"{name}-waits"}),
        (f"provision-{name}-other", attack.purchase),
        (f"{name}-bare", attack.purchase | {"purchase_id": f"{name}-bare"}),
    ):
        await start(
            "ProvisionEsimWorkflow",
            workflow_id,
            input,
            task_queue=shop.task_queue,
            delay=later,
            PurchaseStep="needs_attention",
        )
    genuine = shop.purchase(plan_id="PLAN-UNHEARD-OF")
    run = await shop.start(genuine)
    async with visiting(str(attack.pages.base_url)) as visitor:
        await visitor.send(await visitor.page("/operators/login"), "login", password=PASSWORD)
        page = await visitor.has("/operators", f'id="amend-{genuine.purchase_id}"')
        assert name not in page
    seller = terminal_of(shop)
    assert (await seller.run("status", f"{name}-other", "--json")).code == 1
    await run.cancel()

    async def is_over() -> bool:
        return (await run.describe()).close_time is not None

    await eventually(is_over)
