"""The client of the SFT API, a method for each call: sent once, and again only if SFT refused the access token."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, tzinfo
from types import TracebackType
from typing import Final, Self, TypeVar

from pydantic import JsonValue, SecretStr

from sft.assumptions import ADDON_PLAN_FIELD, ATTACHED_FILTER, PATCH_WRAPPER
from sft.call_observer import CallObserver, observed_call, unobserved
from sft.codes import ALREADY_ACTIVE, NOTHING_FOUND
from sft.envelope import FAILURE, SUCCESS, Envelope, judge, shown
from sft.errors import AuthenticationFailed, Malformed, NotSent, SftError
from sft.exchange import Recorder, unrecorded
from sft.iccid import same_iccid
from sft.login_gate import LoginGate, ProcessGate
from sft.logins import Credentials, Logins, OnLogin
from sft.models import (
    PROFILE,
    UNIQUE_ID,
    AddonInstance,
    EndpointActivation,
    EndpointAddons,
    EndpointProfile,
    FurtherSims,
    LifeCycle,
    LifecycleChange,
    Reason,
    Sim,
    SimPage,
    Subscribed,
)
from sft.plan_id import same_plan
from sft.rate_plans import RatePlans
from sft.reading import Reading
from sft.states import UNUSED, is_state
from sft.tokens import Tokens
from sft.transport import CONNECTIONS, Call, Transport

Profile = TypeVar("Profile", EndpointAddons, EndpointProfile)

PRE_ACTIVE: Final = 12
ATTACHED: Final = 1


class SftClient:
    """A client of one SFT account, for one event loop; close it with ``aclose`` or ``async with``.

    Every call raises NotSent, Unanswered, Rejected or Malformed (``sft.errors``). Time-outs are in seconds
    from when a request goes out; the slow one is for calls that SFT itself gives 180 s (documentation).
    ``observer`` is told of every HTTP call, those for tokens among them; ``recorder`` gets what was sent and answered.
    ``login_gate`` is what the clients of other processes share, so that they do not all repeat a login that was
    refused; ``on_login`` is told how it stands. ``time_zone`` is that of the dates that SFT tells; what this client
    tells is UTC. More calls at a time than ``connections`` wait, 10 s at most.
    """

    def __init__(
        self,
        *,
        base_url: str,
        username: str,
        password: SecretStr,
        target_account_id: str | None = None,
        timeout_seconds: float = 35,
        slow_timeout_seconds: float = 190,
        observer: CallObserver = unobserved,
        login_gate: LoginGate | None = None,
        on_login: OnLogin = lambda _: None,
        time_zone: tzinfo = UTC,
        recorder: Recorder = unrecorded,
        connections: int = CONNECTIONS,
    ) -> None:
        self._reading = Reading(time_zone)
        self._transport = Transport(base_url, timeout_seconds, slow_timeout_seconds, recorder, connections)
        credentials = Credentials(base_url, username, password, target_account_id)
        gate = login_gate or ProcessGate()
        logins = Logins(credentials, gate, on_login, self._transport.longest_call_seconds)
        self._tokens = Tokens(self._transport, Call("login", body=credentials.body()), logins, observer)
        self._observer = observer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection. A call under way ends as Unanswered, or NotSent if it had not gone out."""
        await self._tokens.aclose()
        await self._transport.aclose()

    async def fetch_sims(self, page: int = 1, per_page: int = 1) -> list[Sim]:
        """The guide's step 1: Pre-Active SIMs attached to an endpoint; pages count from 1. Reserves nothing.

        A row that cannot be read is a Sim without any field, so that it hides no other.
        """
        params: dict[str, str | int] = {
            "simStatusId": PRE_ACTIVE,
            ATTACHED_FILTER: ATTACHED,
            "page": page,
            "perPage": per_page,
        }
        sims = await self._fetch_sims(params)
        for sim in sims:
            if sim.status and not is_state(sim.status, UNUSED):
                self._reading.warn("fetchSIM: simStatus", f"is {shown(sim.status)!r} and not {UNUSED!r}: not for sale")
        return sims

    async def fetch_attached_sims(self, page: int, per_page: int) -> list[Sim]:
        """SIMs in every state that are attached to an endpoint; pages count from 1 (assumption: that the state may be
        left out). A row that cannot be read is a Sim without any field, so that it hides no other.
        """
        return await self._fetch_sims({ATTACHED_FILTER: ATTACHED, "page": page, "perPage": per_page})

    async def _fetch_sims(self, params: dict[str, str | int]) -> list[Sim]:
        model = SimPage if params.get("page") == 1 else FurtherSims
        async with self._asked(Call("fetchSIM", "GET", params=params)) as envelope:
            if envelope.outcome == FAILURE and NOTHING_FOUND.search(envelope.description):
                return []
            envelope.require_success()
            return envelope.read(model, self._reading).rows

    async def find_sim(self, iccid: str) -> Sim | None:
        """The SIM with this ICCID, whatever state it is in; None if SFT lists none (observed client behaviour).

        A row that does not say which SIM it is of is taken for none.
        """
        rows = await self._fetch_sims({"iccid": iccid})
        return next((sim for sim in rows if sim.iccid and same_iccid(sim.iccid, iccid)), None)

    async def change_lifecycle(self, endpoint_id: str, life_cycle: LifeCycle, reason: Reason) -> LifecycleChange:
        """Activate or suspend an endpoint, the guide's recommended way.

        Either code says that it was done: the outer one alone, or the inner one whatever the outer one is (clients
        differ). So does "already active", where it is to be active.
        """
        param: JsonValue = {"lifeCycle": life_cycle.value, "reason": reason.value}
        body: JsonValue = {"Request": {"endPointId": endpoint_id, "requestParam": param}}
        async with self._asked(Call("EndPointLifeCycleChange", body=body, slow=True)) as envelope:
            was_active = life_cycle is LifeCycle.ACTIVE and envelope.code in ALREADY_ACTIVE
            if not was_active:
                envelope.require_done()
            change = envelope.read(LifecycleChange, self._reading)
            return change.model_copy(update={"previous_status": "Active"}) if was_active else change

    async def activate_endpoint(self, endpoint_id: str) -> EndpointActivation:
        """Activate an endpoint, the guide's other way. Its codes are read as those of ``change_lifecycle``."""
        body: JsonValue = {"Request": {"endPointId": endpoint_id}}
        async with self._asked(Call("EndPointActivation", body=body, slow=True)) as envelope:
            was_active = envelope.code in ALREADY_ACTIVE
            if not was_active:
                envelope.require_done()
            return EndpointActivation(already_active=was_active)

    async def subscribe_addon(self, endpoint_id: str, plan_id: str) -> AddonInstance:
        """Provision one more instance of a plan. Not idempotent: every success is a new instance (guide).

        After Unanswered and Malformed it may have been done: look for it with ``get_endpoint_profile``.
        """
        param: JsonValue = {ADDON_PLAN_FIELD: plan_id}
        body: JsonValue = {"Request": {"endPointId": endpoint_id, "requestParam": param}}
        async with self._asked(Call("SubscribeAddon", body=body)) as envelope:
            plans = envelope.read(Subscribed, self._reading).plans
            told = {plan.unique_id: plan.plan_id or plan_id for plan in plans if plan.unique_id}
            unique_ids = [unique_id for unique_id, of_plan in told.items() if same_plan(of_plan, plan_id)]
            if not unique_ids:
                envelope.require_success()
            # A refusal that names an instance contradicts itself: only a look at the endpoint can tell.
            if envelope.outcome != SUCCESS or len(unique_ids) != 1:
                raise Malformed(envelope.call, UNIQUE_ID, told=tuple(told), words=envelope.doubtful_words)
            return AddonInstance(plan_id=plan_id, unique_id=unique_ids[0])

    async def remove_addons(self, endpoint_id: str, unique_ids: Sequence[str]) -> None:
        """Take instances off an endpoint (observed client behaviour)."""
        param: JsonValue = {"removeAddonUniqueIds": list(unique_ids)}
        body: JsonValue = {PATCH_WRAPPER: {"endPointId": endpoint_id, "requestParam": param}}
        async with self._asked(Call("endpoint", "PATCH", body=body)) as envelope:
            envelope.require_success()

    async def get_endpoint_profile(self, endpoint_id: str) -> EndpointProfile:
        """An endpoint's state, add-ons and balances. An answer that does not show add-ons is Malformed.

        Get Endpoint Add-on Details (documentation; path and fields not public) would be called in this place.
        """
        return await self._profile(endpoint_id, EndpointProfile)

    async def get_endpoint_addons(self, endpoint_id: str) -> EndpointAddons:
        """The same, as far as it tells which add-ons there are: a fraction of the work, where there are many."""
        return await self._profile(endpoint_id, EndpointAddons)

    async def _profile(self, endpoint_id: str, model: type[Profile]) -> Profile:
        async with self._asked(Call(PROFILE, "GET", {"endPointId": endpoint_id}, slow=True)) as envelope:
            envelope.require_success()
            return envelope.read(model, self._reading)

    async def get_addon_plans(self) -> RatePlans:
        """The add-on plans of the account (observed client behaviour; what it answers is assumed)."""
        params: dict[str, str | int] = {"planCategory": "ADDON", "planType": 0}
        async with self._asked(Call("QueryRatePlan", "GET", params)) as envelope:
            envelope.require_success()
            return RatePlans.of(envelope.payload)

    @asynccontextmanager
    async def _asked(self, call: Call) -> AsyncIterator[Envelope]:
        """The answer, to be read in the block: a call whose answer cannot be used has not succeeded."""
        token = await self._tokens.valid(call.name)
        try:
            with observed_call(call.name, self._observer):
                answer = await self._transport.exchange(call, token)
                with _of_status(answer.status):
                    envelope = judge(call.name, answer)
                    if envelope.token_refused:
                        raise _TokenRefused(call.name, "SFT refuses the access token")
                    self._tokens.works()
                    yield envelope
                    return
        except _TokenRefused:
            pass
        token = await self._tokens.valid(call.name, stale=token)
        with observed_call(call.name, self._observer):
            answer = await self._transport.exchange(call, token)
            with _of_status(answer.status):
                envelope = judge(call.name, answer)
                if envelope.token_refused:
                    self._tokens.forget(token)
                    why = "SFT refuses an access token that it has only just handed out"
                    raise AuthenticationFailed(call.name, why)
                self._tokens.works()
                yield envelope


@contextmanager
def _of_status(status: int) -> Iterator[None]:
    """Notes on an error which HTTP status the answer had that it was raised for."""
    try:
        yield
    except SftError as error:
        error.status = status
        raise


class _TokenRefused(NotSent):
    """The access token has expired: nothing was done."""
