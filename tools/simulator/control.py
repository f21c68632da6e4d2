"""Inspection and control over HTTP, outside the wire: what there is, and what is to go wrong."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Annotated, Self, TypeVar

import httpx
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tools.simulator.callbacks import Post, post
from tools.simulator.chaos import Chaos
from tools.simulator.endpoint import Status
from tools.simulator.fault import Fault
from tools.simulator.habits.catalog import HABITS, UnknownHabit
from tools.simulator.platform import Platform
from tools.simulator.refusal import UNKNOWN_ENDPOINT, Refused

MOST_ESIMS = 100_000
MOST_SECONDS_AHEAD = 10 * 365 * 86_400

Handler = Callable[[Request], Awaitable[Response]]
Read = TypeVar("Read")
OneOrMore = Annotated[list[Read], BeforeValidator(lambda read: read if isinstance(read, list) else [read])]


class Stock(BaseModel, extra="forbid"):
    """eSIMs to add: Pre-Active ones, or, with the plan ids of their add-ons, ones that were sold elsewhere."""

    count: int = Field(ge=1, le=MOST_ESIMS)
    sold_with: list[str] | None = None


class StrangersAct(BaseModel, extra="forbid"):
    """What somebody else does to an endpoint."""

    status: Status | None = None
    attached: bool | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.status is None and self.attached is None:
            raise ValueError("status or attached must be given")
        return self


class ForeignAddon(BaseModel):
    """An add-on that somebody else puts on an endpoint."""

    model_config = ConfigDict(extra="forbid")

    plan_id: str = Field(alias="planId")


class Push(BaseModel, extra="forbid"):
    """How far the platform's clock is pushed ahead, at most ten years at a time; 0 only asks for its time."""

    ahead_seconds: float = Field(ge=0, le=MOST_SECONDS_AHEAD, allow_inf_nan=False)


class Traffic(BaseModel):
    """Traffic on an endpoint: as ``Platform.use``. The wire gives ids as numbers, too."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)

    bytes_: int = Field(alias="bytes", ge=0)
    unique_id: str | None = Field(default=None, alias="uniqueId")


class Control:
    """The routes under ``/simulator``. Mistakes are answered 422, unknown endpoints 404, in one sentence."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def routes(self) -> list[Route]:
        """Everything that can be looked at and ordered."""
        return [
            Route("/ledger", _answering(self._ledger), methods=["GET"]),
            Route("/faults", _answering(self._order), methods=["POST"]),
            Route("/faults", _answering(self._clear), methods=["DELETE"]),
            Route("/habits", _answering(self._habits), methods=["GET"]),
            Route("/habits", _answering(self._have_habits), methods=["POST"]),
            Route("/callbacks", _answering(self._post), methods=["POST"]),
            Route("/chaos", _answering(self._chaos), methods=["POST"]),
            Route("/esims", _answering(self._add_esims), methods=["POST"]),
            Route("/clock", _answering(self._push_clock), methods=["POST"]),
            Route("/endpoints/{endpoint_id}", _answering(self._act), methods=["POST"]),
            Route("/endpoints/{endpoint_id}/addons", _answering(self._add_addon), methods=["POST"]),
            Route("/endpoints/{endpoint_id}/traffic", _answering(self._use), methods=["POST"]),
        ]

    async def _ledger(self, _: Request) -> Response:
        return JSONResponse(self._platform.ledger())

    async def _order(self, request: Request) -> Response:
        faults = await _read(request, TypeAdapter(OneOrMore[Fault]))
        self._platform.order(*faults)
        return JSONResponse({"ordered": len(faults)})

    async def _clear(self, _: Request) -> Response:
        self._platform.clear_faults()
        return Response(status_code=204)

    async def _habits(self, _: Request) -> Response:
        habits = self._platform.habits
        return JSONResponse(
            {habit.name: {"has": habit.name in habits, "words": habit.words} for habit in HABITS.values()}
        )

    async def _have_habits(self, request: Request) -> Response:
        names = await _read(request, TypeAdapter(list[str]))
        self._platform.habits.have(names)
        return JSONResponse({"habits": sorted(self._platform.habits.names)})

    async def _post(self, request: Request) -> Response:
        order = await _read(request, TypeAdapter(Post))
        try:
            return JSONResponse({"events": await post(order, self._platform.endpoints)})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return JSONResponse({"error": f"nobody takes it at that address ({type(error).__name__})"}, 422)

    async def _chaos(self, request: Request) -> Response:
        chaos = await _read(request, TypeAdapter(Chaos))
        self._platform.chaos = chaos
        return JSONResponse({"rate": chaos.rate})

    async def _add_esims(self, request: Request) -> Response:
        stock = await _read(request, TypeAdapter(Stock))
        if stock.sold_with is None:
            added = self._platform.add_esims(stock.count)
        else:
            added = self._platform.add_sold(stock.count, stock.sold_with)
        return JSONResponse({"endpoint_ids": [endpoint.endpoint_id for endpoint in added]})

    async def _act(self, request: Request) -> Response:
        endpoint_id = request.path_params["endpoint_id"]
        act = await _read(request, TypeAdapter(StrangersAct))
        if act.status is not None:
            self._platform.set_status(endpoint_id, act.status)
        if act.attached is not None:
            self._platform.set_attached(endpoint_id, act.attached)
        return JSONResponse({"endpoint_id": endpoint_id, "status": self._platform.endpoint(endpoint_id).status})

    async def _add_addon(self, request: Request) -> Response:
        addon = await _read(request, TypeAdapter(ForeignAddon))
        instance = self._platform.add_foreign_addon(request.path_params["endpoint_id"], addon.plan_id)
        return JSONResponse({"unique_id": instance.unique_id, "plan_id": instance.plan.plan_id})

    async def _push_clock(self, request: Request) -> Response:
        push = await _read(request, TypeAdapter(Push))
        self._platform.clock.push(push.ahead_seconds)
        return JSONResponse({"now": self._platform.now().isoformat()})

    async def _use(self, request: Request) -> Response:
        traffic = await _read(request, TypeAdapter(Traffic))
        carried = self._platform.use(request.path_params["endpoint_id"], traffic.bytes_, traffic.unique_id)
        return JSONResponse({"carried_bytes": carried})


def _answering(handler: Handler) -> Handler:
    @wraps(handler)
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except ValidationError as error:
            return JSONResponse({"error": _sentence(error)}, 422)
        except UnknownHabit as error:
            return JSONResponse({"error": str(error)}, 422)
        except Refused as refused:
            return JSONResponse({"error": refused.description}, 404 if refused.code == UNKNOWN_ENDPOINT else 422)

    return answer


async def _read(request: Request, adapter: TypeAdapter[Read]) -> Read:
    return adapter.validate_json(await request.body())


def _sentence(error: ValidationError) -> str:
    problems = (f"{'.'.join(map(str, problem['loc']))} {problem['msg']}".strip() for problem in error.errors())
    return "; ".join(dict.fromkeys(problems))
