"""A caller of the wire that is as plain as can be: what it sends and gets is what the tests are about."""

from typing import cast

import httpx

HEADERS = {"Content-Type": "application/json", "X-Requested-With": "XMLHttpRequest"}
DAILY = "PLAN-WAKANDA-DAILY"


class Caller:
    """Calls the wire over real HTTP, with the access token of its last login."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def login(self, password: str = "demo-password") -> httpx.Response:
        response = await self.http.post("login", json={"username": "demo", "password": password})
        if response.is_success:
            self.use(response.json()["AccessToken"])
        return response

    def use(self, token: str) -> None:
        self.http.headers["X-Authorization"] = f"Bearer {token}"

    async def fetch(self, **query: str | int) -> httpx.Response:
        return await self.http.get("fetchSIM", params=query)

    async def available(self, page: int = 1, per_page: int = 1) -> list[dict[str, object]]:
        response = await self.fetch(simStatusId=12, simAttachStatusId=1, page=page, perPage=per_page)
        return cast("list[dict[str, object]]", at(response, "Response", "responseParam", "rows"))

    async def change_lifecycle(self, endpoint_id: str, life_cycle: str = "A", reason: str = "1") -> httpx.Response:
        param = {"lifeCycle": life_cycle, "reason": reason}
        return await self._request("POST", "EndPointLifeCycleChange", endpoint_id, param)

    async def activate(self, endpoint_id: str) -> httpx.Response:
        return await self._request("POST", "EndPointActivation", endpoint_id)

    async def subscribe(self, endpoint_id: str, plan_id: str = DAILY) -> httpx.Response:
        return await self._request("POST", "SubscribeAddon", endpoint_id, {"planId": plan_id})

    async def change_addons(self, endpoint_id: str, **param: list[str]) -> httpx.Response:
        return await self._request("PATCH", "endpoint", endpoint_id, param)

    async def profile(self, endpoint_id: str) -> httpx.Response:
        return await self.http.get("GetEndPointProfile", params={"endPointId": endpoint_id})

    async def plans(self) -> httpx.Response:
        return await self.http.get("QueryRatePlan", params={"planCategory": "ADDON", "planType": 0})

    async def _request(self, method: str, path: str, endpoint_id: str, param: object | None = None) -> httpx.Response:
        request = {"endPointId": endpoint_id} | ({} if param is None else {"requestParam": param})
        return await self.http.request(method, path, json={"Request": request})


def at(response: httpx.Response, *path: str) -> object:
    """What is at that path of a JSON answer; None if there is nothing."""
    value: object = response.json()
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def codes(response: httpx.Response) -> tuple[object, object]:
    """The outer and the inner result code."""
    return at(response, "Response", "resultCode"), at(response, "Response", "resultParam", "resultCode")
