"""What SFT answered during a check, as it came over the wire, in the order in which it came."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sft.assumption import SeenBy
from sft.assumptions import ENDPOINT_STATUS_FIELD, TIMEOUT_TEXT
from sft.envelope import shown
from sft.exchange import Exchange, Recorder, unrecorded

Json = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """One exchange, which was over ``at`` a time in UTC."""

    exchange: Exchange
    at: datetime

    @property
    def call(self) -> str:
        return self.exchange.call

    @cached_property
    def answer(self) -> Json:
        """The body, if it is a JSON object; else empty."""
        try:
            body = json.loads(self.exchange.answer.removeprefix("\ufeff"))
        except ValueError:
            return {}
        return as_object(body)

    @property
    def response(self) -> Json:
        """What the envelope holds."""
        return as_object(self.answer.get("Response"))

    @property
    def told(self) -> Json:
        """What it tells beside its codes, of calls that have it under ``responseParam``."""
        return as_object(self.response.get("responseParam"))

    @property
    def sim_rows(self) -> list[Json]:
        """What fetchSIM lists."""
        return rows(self.told.get("rows"))

    @property
    def request(self) -> Json:
        """What was asked for, out of its wrapper."""
        return as_object(as_object(self.exchange.body).get("Request"))

    @property
    def request_param(self) -> Json:
        return as_object(self.request.get("requestParam"))

    @property
    def timed_out(self) -> bool:
        """Whether SFT says that it did."""
        return TIMEOUT_TEXT in self.exchange.answer.casefold()

    @property
    def outer(self) -> str:
        """The outer result code, empty without one."""
        return written(self.response.get("resultCode"))

    @property
    def inner(self) -> str:
        """The inner result code, empty without one."""
        return written(self._result.get("resultCode"))

    @property
    def description(self) -> str:
        """SFT's words for how it ended, as they came."""
        return written(self._result.get("resultDescription"))

    @property
    def _result(self) -> Json:
        return as_object(self.response.get("resultParam"))


@dataclass(frozen=True, slots=True)
class Profile:
    """One answer of GetEndPointProfile. ``after`` is the last act before it: "" before the first."""

    seen: Seen
    after: str

    @property
    def info(self) -> Json:
        return as_object(self.seen.response.get("info"))

    @property
    def basic(self) -> Json:
        return as_object(self.info.get("basicInfo"))

    @property
    def plans(self) -> list[Json]:
        """The add-ons, whatever form their list has."""
        return rows(self.listed("promotionalPlans", "plan"))

    @property
    def benefits(self) -> list[Json]:
        """The balances, whatever form their list has."""
        return rows(self.listed("benefitInfo", "benefit"))

    def listed(self, above: str, name: str) -> object:
        """What stands for a list: under both names, or right under the first."""
        outer = self.info.get(above)
        return outer.get(name) if isinstance(outer, dict) else outer

    @property
    def state(self) -> str:
        """The endpoint's state as SFT spells it; empty if it is not told."""
        return written(self.basic.get(ENDPOINT_STATUS_FIELD))

    @property
    def iccid(self) -> str:
        """The SIM's; empty if it is not told."""
        return written(self.basic.get("iccid"))

    @property
    def plan_ids(self) -> set[str]:
        return {written(plan.get("planId")) for plan in self.plans} - {""}

    @property
    def unique_ids(self) -> set[str]:
        return {written(plan.get("uniqueId")) for plan in self.plans} - {""}


@dataclass
class Evidence:
    """The recorder of the check's client; every exchange goes on to ``recorder``, too.

    ``products`` is the catalog, ``settle_seconds`` and ``time_zone`` what the settings say.
    """

    products: Mapping[str, str] = field(default_factory=dict)
    settle_seconds: float = 180
    time_zone: str = "UTC"
    recorder: Recorder = unrecorded
    all: list[Seen] = field(default_factory=list)
    one_esim: bool = False
    """Whether an eSIM's life was gone through."""
    plan_id: str = ""
    seconds_to_show: float | None = None
    """From the end of SubscribeAddon until a profile showed the instance."""
    seconds_waited: float = 0
    """How long it was looked for."""

    def __call__(self, exchange: Exchange) -> None:
        self.all.append(Seen(exchange, datetime.now(UTC)))
        self.recorder(exchange)

    @property
    def last(self) -> Seen | None:
        return self.all[-1] if self.all else None

    def of(self, *calls: str) -> list[Seen]:
        """The exchanges of these calls that were answered with JSON."""
        return [seen for seen in self.all if seen.call in calls and seen.answer]

    def act(self, name: str) -> Seen | None:
        """The last answer to an act: ``activate``, ``subscribe``, ``remove`` or ``suspend``. A time-out is none."""
        answered = (seen for seen in reversed(self.all) if seen.answer and not seen.timed_out)
        return next((seen for seen in answered if act_of(seen) == name), None)

    @property
    def sims(self) -> list[Json]:
        """The rows of the first fetchSIM."""
        first = next(iter(self.of("fetchSIM")), None)
        return first.sim_rows if first else []

    @property
    def profiles(self) -> Iterator[Profile]:
        """Every profile that came, with the act before it."""
        after = ""
        for seen in self.all:
            after = act_of(seen) or after
            if seen.call == "GetEndPointProfile" and seen.outer == "0":
                yield Profile(seen, after)

    def profiles_after(self, act: str) -> list[Profile]:
        return [profile for profile in self.profiles if profile.after == act]

    def not_seen_because(self, seen_by: SeenBy) -> str:
        """Why something was not seen."""
        if seen_by == "one eSIM" and not self.one_esim:
            return "takes --with-one-esim"
        return "nothing that came shows it"


def act_of(seen: Seen) -> str:
    """Which act an exchange is; empty for one that only looks."""
    match seen.call:
        case "EndPointLifeCycleChange":
            return "suspend" if seen.request_param.get("lifeCycle") == "S" else "activate"
        case "EndPointActivation":
            return "activate"
        case "SubscribeAddon":
            return "subscribe"
        case "endpoint":
            return "remove"
    return ""


def as_object(value: object) -> Json:
    """An object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Json]:
    """The objects in what may be a list, or one of them."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, dict) and one]


def written(value: object) -> str:
    """A text or a number as text; empty for anything else, and for "-"."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value).strip()
    return "" if text == "-" else text


def fit(words: str) -> str:
    """SFT's words, fit to be shown: no secret, no address, and of a long number, such as an ICCID, the end alone."""
    words = re.sub(r"[0-9]{9,}", lambda number: f"…{number[0][-4:]}", shown(words))
    return re.sub(r"\S+@\S+", "[address]", words)


def paths_of(value: object, here: str = "") -> Iterator[tuple[str, object]]:
    """Every value that is neither an object nor a list, with where it stands."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from paths_of(inner, f"{here}.{name}" if here else name)
    elif isinstance(value, list):
        for inner in value:
            yield from paths_of(inner, here)
    else:
        yield here, value
