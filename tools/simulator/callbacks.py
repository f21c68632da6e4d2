"""Callbacks: what the platform posts of its own accord, in bulk and in three shapes. Their fields are an assumption."""

import json
from collections.abc import Iterable, Iterator
from typing import Final, Literal

import httpx
from pydantic import BaseModel, Field

from tools.simulator.answer import Json
from tools.simulator.endpoint import Change, Endpoint
from tools.simulator.profile import wire_date

MOST_EVENTS: Final = 800
"""Of one post (documentation)."""

NAMES: Final = {
    "status": "First Activation",
    "addon_added": "Addon Subscription",
    "addon_renewed": "Addon Renew",
    "addon_ended": "Addon Deactivation",
    "addon_removed": "Addon Deactivation",
}


class Post(BaseModel, extra="forbid"):
    """One post that is ordered: where to, of which kind, filled up to how many events, under which token."""

    url: str
    kind: Literal["account", "endpoint", "notification"]
    size: int = Field(default=1, ge=1, le=MOST_EVENTS)
    token: str | None = Field(default=None, repr=False)


async def post(order: Post, endpoints: Iterable[Endpoint]) -> int:
    """Post what happened to the endpoints, once, and return how many events that were; the answer does not matter.

    Events beyond ``size`` are left out, the oldest first: SFT never repeats one either.
    """
    if order.kind == "notification":
        bodies = [_notification(endpoint) for endpoint in endpoints if endpoint.addons][: order.size]
    else:
        events = [*_events(order.kind, endpoints)][-order.size :]
        strangers = [_stranger(number) for number in range(order.size - len(events))]
        bodies = [{"events": [*strangers, *events]}]
    headers = {"Authorization": f"Bearer {order.token}"} if order.token else {}
    async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=30) as http:
        for body in bodies:
            await http.post(order.url, content=json.dumps(body), headers={"Content-Type": "application/json"})
    return len(bodies) if order.kind == "notification" else order.size


def _events(kind: str, endpoints: Iterable[Endpoint]) -> Iterator[Json]:
    for endpoint in endpoints:
        for change in endpoint.history:
            if (change.change == "status") is (kind == "endpoint"):
                yield _event(endpoint, change, kind)
        if kind == "account" and endpoint.status != "Pre-Active":
            yield {
                "eventName": "eSIM Profile Status",
                "iccid": endpoint.iccid,
                "profileStatus": "installed",
                "eventTime": wire_date(endpoint.history[-1].at),
            }


def _event(endpoint: Endpoint, change: Change, kind: str) -> Json:
    named: Json = {"endPointId": endpoint.endpoint_id} if kind == "endpoint" else {"msisdn": endpoint.msisdn or "-"}
    return {
        "eventName": NAMES[change.change],
        **named,
        "iccid": endpoint.iccid,
        "value": change.value,
        "eventTime": wire_date(change.at),
    }


def _notification(endpoint: Endpoint) -> Json:
    callback = {
        "accountId": 4711,
        "callbackProcessId": 1,
        "callbackProcessName": "CallBackNotification",
        "callbackUri": "https://portal.example.com/callbacks",
    }
    notification = {
        "callbackId": 2,
        "callbackTimestamp": wire_date(endpoint.history[-1].at),
        "message": f"endPointId={endpoint.endpoint_id} iccid={endpoint.iccid}",
    }
    return {"Request": {"apiCallback": callback, "notification": notification}}


def _stranger(number: int) -> Json:
    return {"eventName": "Addon Activation", "iccid": f"8999{number:015d}", "eventTime": "-"}
