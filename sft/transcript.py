"""A transcript of exchanges with SFT, to be shown to anybody: secrets and personal data are replaced by stand-ins.

A transcript is a text file with one exchange a line, each a JSON object as ``Recorded`` describes it.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator
from http.client import responses
from pathlib import Path
from typing import Final

from pydantic import BaseModel, JsonValue, ValidationError

from sft.exchange import Exchange
from sft.stand_ins import StandIns

HARMLESS: Final = frozenset(
    {
        "resultcode",
        "resultdescription",
        "planid",
        "planname",
        "planservicename",
        "servicename",
        "lifecycle",
        "reason",
        "status",
        "currentstatus",
        "previousstatus",
        "simstatus",
        "simattachstatus",
        "simproduct",
        "simstatusid",
        "simattachstatusid",
        "page",
        "perpage",
        "plancategory",
        "plantype",
        "addaddonplanids",
        "actualbalance",
        "balance",
        "startdate",
        "expirydate",
        "planstartdate",
        "planexpirydate",
        "date",
        "fromdate",
        "todate",
        "totalvolume",
        "uplink",
        "downlink",
    }
)
"""Fields, in letters only, that tell nothing about anybody: what they say is what a transcript is for."""

SECRET_BY_NAME: Final = re.compile(
    "iccid|msisdn|imsi|imei|eid$|euicc|token|passw|pwd|secret|user|login|mail|phone|mobile|name|account|customer|company|"
    "contact|adr?dress|street|city|zip|postal|country|matching|qrcode|activationcode|lpa|puk|^pin|pin[0-9]?$|key|ki$|opc?$|^ip|"
    "owner|holder|person|subscriber|label|alias|note|remark|comment|tag$|group|"
    "ids?$|number|serial|birth|ur[il]$"
)
"""Fields, in letters only, whose values are replaced whatever they look like."""

PLAIN_WORDS: Final = frozenset(
    {
        "html",
        "head",
        "title",
        "body",
        "h1",
        "h2",
        "p",
        "div",
        "span",
        "br",
        "hr",
        "center",
        "a",
        "the",
        "is",
        "an",
        "of",
        "and",
        "for",
        "to",
        "api",
        "operation",
        "has",
        "time",
        "out",
        "authorisation",
        "failure",
        "doctype",
        "meta",
        "charset",
        "utf",
        "8",
        "content",
        "type",
        "text",
        "welcome",
        "sim",
        "things",
        "login",
        "proxy",
        "upstream",
        "nginx",
        "apache",
        "cloudflare",
        "too",
        "many",
        "requests",
        "retry",
        "after",
    }
) | {word for phrase in responses.values() for word in phrase.casefold().split()}
"""What may stay of a body that is not JSON, a page of some proxy for instance."""


class Recorded(BaseModel, extra="forbid", hide_input_in_errors=True):
    """One exchange of a transcript. ``answer`` is the body as JSON, ``text`` the body of an answer that is not JSON.

    Where no answer came, ``status`` is None and ``failure`` the name of the client's error.
    """

    call: str
    method: str
    query: dict[str, JsonValue] = {}
    sent: JsonValue = None
    seconds: float
    status: int | None = None
    answer: JsonValue = None
    text: str | None = None
    retry_after: float | None = None
    failure: str | None = None


class Transcript:
    """Writes a transcript: a ``Recorder`` of an ``SftClient``. The file is whole after each exchange.

    ``secrets`` are values that must not be in the file wherever they turn up, such as the credentials.
    """

    def __init__(self, path: Path, secrets: Iterable[str] = (), stand_ins: StandIns | None = None) -> None:
        self._path = path
        self._stand_ins = stand_ins or StandIns()
        self._exchanges: list[Exchange] = []
        for secret in secrets:
            self._stand_ins.of(secret)
        self._write()

    def __call__(self, exchange: Exchange) -> None:
        """Add one exchange."""
        self._exchanges.append(exchange)
        self._write()

    def _write(self) -> None:
        # All of it anew, and twice: an earlier answer may name what only a later one shows to be somebody's name.
        for exchange in self._exchanges:
            self._recorded(exchange)
        lines = [self._recorded(exchange).model_dump_json(exclude_defaults=True) for exchange in self._exchanges]
        # Nobody else's to read, however little is in it.
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)

    def _recorded(self, exchange: Exchange) -> Recorded:
        answer = _json(exchange.answer)
        text = exchange.answer if answer is None and exchange.status is not None else None
        return Recorded(
            call=exchange.call,
            method=exchange.method,
            query={name: self._value(value, name) for name, value in exchange.query.items()},
            sent=self._value(exchange.body),
            seconds=round(exchange.seconds, 3),
            status=exchange.status,
            answer=self._value(answer),
            text=None if text is None else self._stand_ins.words_in(self._stand_ins.in_text(text), PLAIN_WORDS),
            retry_after=exchange.retry_after,
            failure=exchange.failure,
        )

    def _value(self, value: JsonValue, field: str = "", parent: str = "") -> JsonValue:
        """A value of this field, which is in the object of field ``parent``, with stand-ins for what is secret."""
        match value:
            case dict():
                return {self._stand_ins.in_text(name): self._value(one, name, field) for name, one in value.items()}
            case list():
                return [self._value(one, field, parent) for one in value]
            case str():
                return self._text(value, field, parent)
            case bool() | None:
                return value
        written = self._text(json.dumps(value), field, parent)
        return type(value)(written)

    def _text(self, text: str, field: str, parent: str) -> str:
        name = re.sub("[^a-z]", "", field.casefold())
        if name in HARMLESS and name != "resultdescription":
            return (
                self._stand_ins.in_text(text) if re.search("[a-z]", text, re.IGNORECASE) and "id" not in name else text
            )
        is_service = name == "name" and parent.casefold() == "benefit"
        is_small_number = re.fullmatch("[0-9]{1,2}", text) is not None
        if SECRET_BY_NAME.search(name) and not is_service and not is_small_number:
            return self._stand_ins.of(text)
        if name == "resultdescription":  # it may quote what it is about
            text = re.sub(
                r"(?<!\w)(['\"])(.+?)\1(?!\w)",
                lambda quoted: quoted[1] + self._stand_ins.of(quoted[2]) + quoted[1],
                text,
            )
        return self._stand_ins.in_text(text)


def recorded(path: Path) -> Iterator[Recorded]:
    """The exchanges of a transcript. Raises ValueError naming the line that is none."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            yield Recorded.model_validate_json(line)
        except ValidationError:
            raise ValueError(f"{path.name}, line {number}: is no exchange of a transcript") from None


def _json(body: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(body.removeprefix("\ufeff"))
        return value
    except ValueError:
        return None
