"""What SFT posts when something happens to an eSIM: data streams, account events and plan notifications.

Their shapes are not all known, and a post comes once: every eSIM that is named anywhere is taken, with what can be told
of it, and what is broken costs no more than itself.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

from sft.assumptions import (
    CALLBACK_IDS,
    CALLBACK_NAMES,
    CALLBACK_NEWS,
    CALLBACK_PROFILE_WORDS,
    CALLBACK_STATUSES,
    CALLBACK_TIMES,
    CALLBACK_TOKEN_IS_ON_NOTIFICATIONS_ALONE,
)

MOST_EVENTS: Final = 2000
"""Of one post. SFT posts 800 at most."""

DEEPEST: Final = 10
"""How far an event is looked into."""

ID: Final = re.compile("[A-Za-z0-9._-]{1,64}")

ID_IN_TEXT: Final = re.compile(
    r"(end[\s_-]?point[\s_-]?id|iccid|msisdn)[\"'\s]*[:=]?[\"'\s]*\+?([A-Za-z0-9._-]*[0-9])", re.IGNORECASE
)
"""In a text that the customer wrote: a name and a value, as docs/callbacks.md tells them to write it."""

DATE: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{1,2}):(\d{1,2})")

WORD: Final = re.compile("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")

EARLIEST: Final = datetime(2015, 1, 1, tzinfo=UTC)

SALVAGE: Final = 8
"""How many times the length of a broken body is read to find what is whole in it."""

MOST_BROKEN: Final = 500
"""How many things may be broken in it: to tell where takes time, too."""

EXACT: Final = 2**53
"""From here on, a number that came as a fraction may be another one."""

NOTIFICATION: Final = "apicallback"
"""The field that only plan notifications have."""

TEXT: Final = "message"
"""Their field with the customer's own text."""

JSON: Final = json.JSONDecoder(
    strict=False,  # the customer's own text may have lines
    parse_int=lambda digits: int(digits) if len(digits) < 40 else None,  # Python refuses some of those
)

Fields = Mapping[str, object]


@dataclass(frozen=True)
class EsimName:
    """What an event calls its eSIM; at least one of them is known."""

    endpoint_id: str | None = None
    iccid: str | None = None
    msisdn: str | None = None


@dataclass(frozen=True)
class CallbackEvent:
    """One event: its eSIM, when it happened, and the word of ``CALLBACK_PROFILE_WORDS`` if it is about a profile.

    ``is_news``: something is on the eSIM that was not, or the other way round. ``needs_token``: a post without the
    customer's token cannot be SFT's.
    """

    esim: EsimName
    at: datetime | None = None
    profile: str | None = None
    is_news: bool = False
    needs_token: bool = False


@dataclass
class CallbackPost:
    """What a post says. ``nameless`` events name no eSIM, ``dropped`` ones were too many."""

    events: list[CallbackEvent] = field(default_factory=list)
    nameless: int = 0
    dropped: int = 0


def read_post(body: bytes, zone: tzinfo = UTC) -> CallbackPost:
    """Reads a post, whatever it is; ``zone`` is the account's. It raises nothing."""
    reading = Reading(zone)
    for content in contents_of(body):
        reading.read(_plain(content), {})
    post = reading.post
    if not post.events and not post.nameless:
        post.nameless = 1
    return post


def contents_of(body: bytes) -> Iterator[object]:
    """The JSON of a body, or its form; or else every object that is whole in it."""
    text = body.decode("utf-8-sig", errors="replace")
    try:
        yield JSON.decode(text)
        return
    except (ValueError, RecursionError):
        pass
    if "{" in text:
        yield from _salvaged(text)
    else:
        yield _form(text)


def _form(text: str) -> object:
    try:
        pairs = parse_qsl(text, max_num_fields=MOST_EVENTS)
    except ValueError:
        return None
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else [{name: value} for name, value in pairs]


def _salvaged(text: str) -> Iterator[object]:
    """What can be read of JSON that was cut off, or of many documents in one body, within a limit of work."""
    at, left, broken, whole = text.find("{"), SALVAGE * len(text), 0, 0
    while at >= 0 and left > 0 and broken < MOST_BROKEN and whole < MOST_EVENTS:
        try:
            content, end = JSON.raw_decode(text, at)
            whole += 1
            yield content
        except json.JSONDecodeError as error:
            left -= error.pos - at
            end, broken = at + 1, broken + 1
        except RecursionError:
            return
        at = text.find("{", end)


class Reading:
    """Reads the events of one post."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._lists = 0
        self.post = CallbackPost()

    def read(self, content: object, around: Fields) -> bool:
        """Takes the events in this, of which ``around`` is what was said further out; whether there was one."""
        if isinstance(content, list):
            return self._read_list(content, around)
        if not isinstance(content, dict):
            return False
        parts = [value for value in content.values() if isinstance(value, dict | list)]
        said = {**around, **_said(content)}
        if NOTIFICATION in content or "notification" in content:
            said[NOTIFICATION] = True
        found = [self.read(part, said) for part in parts if stands_alone(part)]
        if not any(found) and (esim := self._esim(said)):
            self._take(esim, said)
            return True
        return any(found)

    def _read_list(self, items: list[object], around: Fields) -> bool:
        self._lists += 1
        found = [self.read(item, around) for item in items]
        self._lists -= 1
        if not self._lists:
            self.post.nameless += found.count(False)
        return any(found)

    def _esim(self, said: Fields) -> EsimName | None:
        ids = {CALLBACK_IDS[name]: text for name in CALLBACK_IDS if (text := id_of(said.get(name)))}
        for name, value in ID_IN_TEXT.findall(str(said.get(TEXT, ""))):
            ids.setdefault(CALLBACK_IDS[letters(name)], value)
        return EsimName(**ids) if ids else None

    def _take(self, esim: EsimName, said: Fields) -> None:
        if len(self.post.events) >= MOST_EVENTS:
            self.post.dropped += 1
            return
        name = name_of(said)
        profile, token = profile_of(said), needs_token(said)
        is_news = bool(profile) or NOTIFICATION in said or any(word in name for word in CALLBACK_NEWS)
        at = time_of(said, self._zone)
        self.post.events.append(CallbackEvent(esim, at, profile, is_news, token))


@lru_cache(4096)
def letters(name: str) -> str:
    """A name without what is between its letters: they differ from place to place."""
    return re.sub("[^a-z0-9]", "", name.lower())


def id_of(value: object) -> str | None:
    """An id, as text; None for ``-`` and for what is none."""
    if isinstance(value, float) and value.is_integer() and value < EXACT:
        value = int(value)
    if type(value) not in (str, int):
        return None
    text = str(value).strip(" ").removeprefix("+")
    return text if ID.fullmatch(text) and re.search("[A-Za-z0-9]", text) else None


def name_of(said: Fields) -> str:
    """What happened, in letters only."""
    return " ".join(letters(str(said[name])) for name in _names(said))


def _names(said: Fields) -> list[str]:
    """The fields that say what happened."""
    return next((there for names in CALLBACK_NAMES if (there := [name for name in names if said.get(name)])), [])


def time_of(said: Fields, zone: tzinfo) -> datetime | None:
    """When it happened; None where nothing can be read as a time that could be."""
    for name in (*(f"{name}utc" for name in CALLBACK_TIMES), *CALLBACK_TIMES):
        if moment := _moment(said.get(name), UTC if name.endswith("utc") else zone):
            return moment
    return None


def profile_of(said: Fields) -> str | None:
    """What became of a profile; None where the event is not about one, or not of one of the words that are known."""
    about = name_of(said)
    is_about_profiles = "profile" in about or "esim" in about
    for name in (*CALLBACK_STATUSES, *_names(said)):
        value = said.get(name)
        if isinstance(value, str) and (is_about_profiles or "profile" in name or "esim" in name):
            words = [word.lower() for word in WORD.findall(value)]
            if found := next((CALLBACK_PROFILE_WORDS[word] for word in words if word in CALLBACK_PROFILE_WORDS), None):
                return None if "not" in words else found
    return None


def needs_token(said: Fields) -> bool:
    """Whether SFT sends the customer's token with such an event."""
    return NOTIFICATION in said or not CALLBACK_TOKEN_IS_ON_NOTIFICATIONS_ALONE


def stands_alone(part: object) -> bool:
    """Whether a part of an event is one itself: it names an eSIM, or is a list of such or of what happened to one."""
    if isinstance(part, list):
        return any(isinstance(item, dict) for item in part)
    if not isinstance(part, dict):
        return False
    return any(name in CALLBACK_IDS or name == TEXT for name in part) or any(
        stands_alone(value) for value in part.values()
    )


def _said(fields: Fields) -> dict[str, object]:
    """What is said right here, and by parts that are no events themselves."""
    said: dict[str, object] = {}
    for part in fields.values():
        if isinstance(part, dict) and not stands_alone(part):
            said.update(_said(part))
    return said | {name: value for name, value in fields.items() if isinstance(value, str | int | float)}


def _plain(content: object, depth: int = 0) -> object:
    """The same with all names in letters only, and what is JSON in a text read; nothing of what is too deep."""
    if depth > DEEPEST:
        return None
    if isinstance(content, str):
        inside = _json_in(content)
        return content if inside is content else _plain(inside, depth + 1)
    if isinstance(content, list):
        return [_plain(item, depth + 1) for item in content]
    if isinstance(content, dict):
        return {letters(name): _plain(value, depth + 1) for name, value in content.items()}
    return content


def _json_in(text: str) -> object:
    if text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        content: object = JSON.decode(text)
    except (ValueError, RecursionError):
        return text
    return content


def _moment(value: object, zone: tzinfo) -> datetime | None:
    text = str(value).strip() if type(value) in (str, int, float) else ""
    try:
        if date := DATE.fullmatch(text):
            day, month, year, hour, minute, second = map(int, date.groups())
            moment = datetime(year, month, day, hour, minute, second, tzinfo=zone)
        elif re.fullmatch(r"\d{10}(\.\d+)?|\d{13}", text):
            moment = datetime.fromtimestamp(float(text) / (1000 if len(text) == 13 else 1), UTC)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if EARLIEST < moment < datetime.now(UTC) + timedelta(days=2) else None
