"""The composed system under attack: shop, workers, portal and codec server that encrypt, a victim and an attacker."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from temporalio.client import Client

from contract.subscription import Subscription
from portal.keys import ApiKeys
from portal.limits import Limits, Rate
from tests.support.codec_server import Codec, codec_server
from tests.support.encrypting_shop import encrypting_shop
from tests.support.encryption_keys import ring
from tests.support.html_visitor import Visitor, visiting
from tests.support.portal import Portal, opened
from tests.support.raw_http import Answer, ask
from tests.support.seller import Seller

PASSWORD = "what the operators know"
CALLBACK_SECRET = "made-up-for-the-callbacks"
UNLIMITED = Rate(burst=1e9, per_second=1e9)

ORDERS = ("EndPointActivation", "EndPointLifeCycleChange", "SubscribeAddon")
"""Calls to SFT that cost money, or change something."""


@dataclass
class Attacked:
    """What there is to attack, and what an attacker has in hand: a traveler's cookie of their own."""

    shop: Seller
    portal: Portal
    codec: Codec
    victim: Visitor
    attacker: Visitor
    operator: Visitor
    key: str
    """Of the REST API: what a portal of somebody's has, and an attacker has not."""
    sold: Subscription
    """What the victim bought."""

    @property
    def ids(self) -> dict[str, str]:
        """What stands in addresses of the victim's."""
        return {
            "purchase_id": self.sold.addons[0].purchase_id,
            "endpoint_id": self.sold.endpoint_id,
            "traveler_id": self.sold.traveler_id,
            "secret": CALLBACK_SECRET,
            "name": "Event.json",
        }

    async def code(self) -> str:
        """The victim's activation code."""
        return (await self.portal.seller.subscriptions.sold_as(self.sold)).activation_code

    def shown(self, who: str) -> dict[str, str]:
        """The headers that get in where only these may; nothing for who needs none."""
        match who:
            case "traveler":
                return {"Cookie": cookies(self.attacker)}
            case "operator":
                return {"Cookie": cookies(self.operator)}
            case "key":
                return {"Authorization": f"Bearer {self.key}"}
        return {}

    async def ask(
        self, method: str, target: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Asks the portal, byte for byte."""
        return await ask(self.portal.url, method, target, headers, body)

    async def now(self) -> tuple[object, ...]:
        """What no attack may change: the victim's eSIM, but for its usage as it was read, and the orders at SFT."""
        esim = await self.shop.subscription(self.sold.endpoint_id)
        addons = [addon.model_copy(update={"usage": None}) for addon in esim.addons]
        return esim.model_copy(update={"addons": addons}), *(self.shop.platform.calls[order] for order in ORDERS)


def cookies(visitor: Visitor) -> str:
    """What this visitor's browser would send."""
    return "; ".join(f"{name}={value}" for name, value in visitor.http.cookies.items())


@asynccontextmanager
async def attacked_system(client: Client, directory: Path) -> AsyncIterator[Attacked]:
    """One sale in it, the victim's. Nobody is throttled, so that attacks get as far as they can."""
    file = directory / "keys.json"
    key = ApiKeys(file).add("a-portal")
    settings = {
        "portal_api_keys": str(file),
        "portal_operator_password": SecretStr(PASSWORD),
        "portal_callback_secret": SecretStr(CALLBACK_SECRET),
    }
    async with AsyncExitStack() as stack:
        shop = await stack.enter_async_context(encrypting_shop(client))
        await stack.enter_async_context(shop.working())
        with pytest.MonkeyPatch.context() as patched:  # of this portal only
            patched.setattr("portal.operators.office.ATTEMPTS", UNLIMITED)
            patched.setattr("portal.app.Limits", partial(Limits, address=UNLIMITED, caller=UNLIMITED))
            portal = await stack.enter_async_context(opened(shop, **settings))
        codec = await stack.enter_async_context(codec_server(ring(1)))
        victim, attacker, operator = [await stack.enter_async_context(visiting(portal.url)) for _ in range(3)]
        await attacker.text("/")
        entered = await operator.http.post("/operators/login", data={"password": PASSWORD})
        assert entered.status_code == httpx.codes.SEE_OTHER
        sold = await shop.settled(await victim.owns())
        yield Attacked(shop, portal, codec, victim, attacker, operator, key, sold)
