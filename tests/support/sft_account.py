"""The account that the tests use, and the calls that it can make."""

from collections.abc import Awaitable, Callable
from typing import Final

from pydantic import SecretStr

from sft.client import SftClient
from sft.exchange import Recorder, unrecorded
from sft.login_gate import LoginGate
from sft.models import LifeCycle, Reason

PASSWORD: Final = "demo-password"
PLAN: Final = "PLAN-WAKANDA-DAILY"
ENDPOINT: Final = "4000001"
"""The first endpoint of the simulator."""

Ask = Callable[[SftClient], Awaitable[object]]

ASKS: Final[dict[str, Ask]] = {
    "fetchSIM": lambda client: client.fetch_sims(),
    "EndPointLifeCycleChange": lambda client: client.change_lifecycle(ENDPOINT, LifeCycle.ACTIVE, Reason.SYSTEM),
    "EndPointActivation": lambda client: client.activate_endpoint(ENDPOINT),
    "SubscribeAddon": lambda client: client.subscribe_addon(ENDPOINT, PLAN),
    "endpoint": lambda client: client.remove_addons(ENDPOINT, []),
    "GetEndPointProfile": lambda client: client.get_endpoint_profile(ENDPOINT),
    "QueryRatePlan": lambda client: client.get_addon_plans(),
}
"""Every call that needs a token, by its name on the wire."""


def client_of(
    base_url: str,
    *,
    password: str = PASSWORD,
    target_account_id: str | None = None,
    timeout_seconds: float = 5,
    slow_timeout_seconds: float = 5,
    recorder: Recorder = unrecorded,
    login_gate: LoginGate | None = None,
) -> SftClient:
    """A client with the simulator's credentials, and limits that fit a test."""
    return SftClient(
        base_url=base_url,
        username="demo",
        password=SecretStr(password),
        target_account_id=target_account_id,
        timeout_seconds=timeout_seconds,
        slow_timeout_seconds=slow_timeout_seconds,
        recorder=recorder,
        login_gate=login_gate,
    )
