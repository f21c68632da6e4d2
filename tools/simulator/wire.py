"""The calls of the SFT wire: what each asks for, and what it answers."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tools.simulator.answer import Answer, Json, envelope, refusal
from tools.simulator.call import Call
from tools.simulator.connection import NoAnswer
from tools.simulator.endpoint import Endpoint, Status
from tools.simulator.exchange import Job, carry_out, token_refused
from tools.simulator.habits.account import TELLS_ALL_ADDONS
from tools.simulator.journal import Entry
from tools.simulator.keeper import Keeper
from tools.simulator.message import BadRequest, Message, message_of
from tools.simulator.platform import Platform
from tools.simulator.profile import benefit_row, plan_row, profile_info, rate_plan_row, sim_row
from tools.simulator.refusal import Refused
from tools.simulator.tokens import TokenPair
from tools.simulator.variety import Variety

PRE_ACTIVE_ID = "12"
ATTACHED_ID = "1"
DEFAULT_PER_PAGE = 10
LIFECYCLES: dict[str, Status] = {"A": "Active", "S": "Suspended"}
REASONS = ("1", "2", "3")

Understand = Callable[[Message], Job]


class Wire:
    """The routes under ``/api``. Each call is understood first, then done in one atomic step."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._variety = Variety()
        self._keeper = Keeper(platform, self._variety)

    def routes(self) -> list[Route]:
        """Every call of the wire, as sft-api describes it."""
        return [
            self._route("POST", "login", self._login, needs_token=False),
            self._renewal_route(),
            self._route("GET", "fetchSIM", self._fetch_sim),
            self._route("POST", "EndPointLifeCycleChange", self._change_lifecycle),
            self._route("POST", "EndPointActivation", self._activate),
            self._route("POST", "SubscribeAddon", self._subscribe),
            self._route("PATCH", "endpoint", self._change_addons),
            self._route("GET", "GetEndPointProfile", self._profile),
            self._route("GET", "QueryRatePlan", self._plans),
        ]

    def _route(self, method: str, call: Call, understand: Understand, *, needs_token: bool = True) -> Route:
        async def handle(request: Request) -> Response:
            return await self._answer(request, call, understand, needs_token)

        return Route(f"/{call}", handle, methods=[method])

    def _renewal_route(self) -> Route:
        async def handle(request: Request) -> Response:
            return await self._answer(
                request, "RefreshToken", lambda _: self._renew(_bearer(request)), needs_token=False
            )

        return Route("/RefreshToken", handle, methods=["GET"])

    async def _answer(self, request: Request, call: Call, understand: Understand, needs_token: bool) -> Response:
        try:
            job = understand(await message_of(request))
        except BadRequest as error:
            job = _not_understood(error)
        entry = self._platform.journal.arrived(call, job.endpoint_id, job.plan_id, request.url.query)
        if needs_token and (ended := self._keeper.token_ended(_bearer(request))):
            response = ended
        else:
            response = await carry_out(self._platform, entry, self._as_usual(job))
            self._platform.postponed.call_over(entry.endpoint_id)
        await asyncio.sleep(self._platform.latency_seconds)
        entry.status = None if isinstance(response, NoAnswer) else response.status_code
        return response

    def _as_usual(self, job: Job) -> Job:
        """The job as a platform with these habits does it and tells it."""
        habits, likeness = self._platform.habits, self._platform.likeness

        def work(entry: Entry) -> Answer:
            answer = habits.refused(entry.call) or job.work(entry)
            return likeness.retold(entry, habits.retold(entry, answer))

        return replace(job, work=work)

    def _login(self, message: Message) -> Job:
        username, password = message.text("username"), message.text("password")

        def work(_: Entry) -> Answer:
            return self._keeper.login_refused(username, password) or _tokens(self._platform.tokens.issue())

        return Job(work)

    def _renew(self, refresh: str) -> Job:
        def work(_: Entry) -> Answer:
            pair = self._platform.tokens.renew(refresh)
            return token_refused(in_envelope=False) if pair is None else _tokens(pair)

        return Job(work)

    def _fetch_sim(self, message: Message) -> Job:
        page, per_page = message.count("page", 1), message.count("perPage", DEFAULT_PER_PAGE)
        iccid, status, attached = (message.query(n) for n in ("iccid", "simStatusId", "simAttachStatusId"))

        def matches(endpoint: Endpoint) -> bool:
            return (status is None or (status == PRE_ACTIVE_ID and endpoint.status == "Pre-Active")) and (
                attached is None or (attached == ATTACHED_ID and endpoint.attached)
            )

        def work(_: Entry) -> Answer:
            first, last = (page - 1) * per_page, page * per_page
            if iccid is None and (status, attached) == (PRE_ACTIVE_ID, ATTACHED_ID):
                shown = self._platform.store.stock(last)[first:]
            else:
                store = self._platform.store
                everyone = map(store.endpoint, store.endpoints)
                among = everyone if iccid is None else self._platform.with_iccid(iccid)
                shown = list(islice(filter(matches, among), first, last))
            return _success("0", rows=[sim_row(endpoint, self._variety) for endpoint in shown])

        return Job(work)

    def _change_lifecycle(self, message: Message) -> Job:
        endpoint_id = message.text("Request", "endPointId")
        status = LIFECYCLES.get(message.text("Request", "requestParam", "lifeCycle"))
        reason = message.text("Request", "requestParam", "reason")
        if status is None or reason not in REASONS:
            raise BadRequest("lifeCycle must be A or S, and reason 1, 2 or 3")

        def work(entry: Entry) -> Answer:
            previous, current = self._platform.store.change_lifecycle(endpoint_id, status, entry.cause)
            self._platform.endpoint(endpoint_id).reason = reason
            code = "9003" if previous == current else "5017"
            return Answer(
                envelope(
                    code,
                    "LifeCycle change accepted",
                    outer=self._outer("lifecycle"),
                    param={"previousStatus": previous, "currentStatus": current},
                )
            )

        return _endpoint_job(work, endpoint_id)

    def _activate(self, message: Message) -> Job:
        endpoint_id = message.text("Request", "endPointId")

        def work(entry: Entry) -> Answer:
            if self._platform.store.activate(endpoint_id, entry.cause):
                return Answer(envelope("5014", "Endpoint activated", outer=self._outer("activation")))
            return Answer(envelope("2507", "Endpoint is already active", outer="1"))

        return _endpoint_job(work, endpoint_id)

    def _subscribe(self, message: Message) -> Job:
        endpoint_id = message.text("Request", "endPointId")
        plan_id = message.text("Request", "requestParam", "planId")

        def work(entry: Entry) -> Answer:
            instance = self._platform.store.subscribe(endpoint_id, plan_id, entry.cause)
            info: Json = {
                "promotionalPlans": {"plan": self._shaped(plan_row(instance, self._variety))},
                "benefitInfo": {"benefit": [benefit_row(instance, self._variety)]},
            }
            if TELLS_ALL_ADDONS in self._platform.habits:
                info = profile_info(self._platform.endpoint(endpoint_id), self._variety)
            return Answer(envelope("0", "Success", info=info))

        return _endpoint_job(work, endpoint_id, plan_id)

    def _change_addons(self, message: Message) -> Job:
        endpoint_id = message.text("Request", "endPointId")
        plan_ids = message.texts("Request", "requestParam", "addAddonPlanIds")
        unique_ids = message.texts("Request", "requestParam", "removeAddonUniqueIds")

        def work(entry: Entry) -> Answer:
            self._platform.store.change_addons(endpoint_id, plan_ids, unique_ids, entry.cause)
            return _success("0")

        return _endpoint_job(work, endpoint_id)

    def _profile(self, message: Message) -> Job:
        endpoint_id = message.query("endPointId")
        if not endpoint_id:
            raise BadRequest("endPointId is missing")

        def work(_: Entry) -> Answer:
            endpoint = self._platform.endpoint(endpoint_id)
            info = profile_info(endpoint, self._variety, newest_first=self._platform.newest_first)
            return Answer(envelope("0", "Success", info=info))

        return _endpoint_job(work, endpoint_id)

    def _plans(self, _: Message) -> Job:
        def work(_: Entry) -> Answer:
            return _success(
                "0", rows=[rate_plan_row(plan, self._variety) for plan in self._platform.store.plans.values()]
            )

        return Job(work)

    def _outer(self, subject: str) -> str:
        """The outer code of a success, which is "1" as often as "0" (observed client behaviour)."""
        return "1" if self._variety.turn(subject) else "0"

    def _shaped(self, plan: Json) -> Json | list[Json]:
        match self._platform.plan_shape:
            case "object":
                return plan
            case "list":
                return [plan]
            case "alternating":
                return [plan] if self._variety.turn("plan") else plan


def _endpoint_job(work: Callable[[Entry], Answer], endpoint_id: str, plan_id: str | None = None) -> Job:
    def work_or_refuse(entry: Entry) -> Answer:
        try:
            return work(entry)
        except Refused as refused:
            return refusal(refused.code, refused.description)

    return Job(work_or_refuse, endpoint_id, plan_id)


def _not_understood(error: BadRequest) -> Job:
    return Job(lambda _: refusal("400", str(error), status=400))


def _success(code: str, **param: object) -> Answer:
    return Answer(envelope(code, "Success", param=param))


def _tokens(pair: TokenPair) -> Answer:
    return Answer({"AccessToken": pair.access, "RefreshToken": pair.refresh})


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("X-Authorization", "").partition(" ")
    return token if scheme == "Bearer" else ""
