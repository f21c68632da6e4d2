"""The envelope that SFT puts around every answer, and the errors that an answer stands for, whichever call it is to."""

import re
from dataclasses import dataclass, field
from http.client import responses
from typing import Final, TypeVar

from pydantic import AliasPath, BaseModel, Field, JsonValue, ValidationError
from pydantic_core import from_json

from sft.assumptions import INNER_CODE_MAY_BE_HTTP_STATUS, NO_PLANS, TIMEOUT_TEXT
from sft.codes import DONE, NOT_ENTERPRISE, TOKEN_REFUSED
from sft.errors import AccountRefused, Malformed, NotSent, Rejected, Unanswered
from sft.fields import Text
from sft.reading import Answering, Reading
from sft.transport import Answer

SUCCESS: Final = "0"
FAILURE: Final = "1"

_SECRET: Final = re.compile(r"Bearer\s+\S+|eyJ[\w.~+/=-]+|LPA:\S+", re.IGNORECASE)

WHAT_IS_TOLD: Final = ("responseParam", "info")
"""Where an answer has what it tells beside its codes."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A readable answer: ``outcome`` is its outer result code, ``code`` the inner one or the HTTP 4xx."""

    call: str
    outcome: str | None
    code: str | None
    description: str
    payload: dict[str, JsonValue] = field(repr=False)

    @property
    def token_refused(self) -> bool:
        """Whether the access token has expired, in either of the forms that SFT has for it.

        It has, too, if that is said under an outer success that comes with nothing else: then nothing was done.
        """
        return self.code in TOKEN_REFUSED and (self.outcome == FAILURE or not self._tells_more)

    @property
    def _tells_more(self) -> bool:
        response = self.payload.get("Response")
        return isinstance(response, dict) and any(response.get(part) not in NO_PLANS for part in WHAT_IS_TOLD)

    @property
    def doubtful_words(self) -> str:
        """SFT's code and words where a success comes with an inner code that is none; else empty."""
        return "" if self.code in (None, SUCCESS) else f"{self.code} {self.description}".strip()

    def rejection(self) -> Rejected:
        """The error for a call that SFT refused."""
        return Rejected(self.call, shown(self.code or self.outcome or ""), self.description)

    def require_success(self) -> None:
        """Raise Rejected if the outer result code is a failure, Malformed if there is none that is known."""
        if self.outcome == FAILURE:
            raise self.rejection()
        if self.outcome != SUCCESS:
            raise Malformed(self.call, "Response.resultCode")

    def require_done(self) -> None:
        """Where a call acts on an endpoint, either code can say that it was done (sft/codes.py).

        Raises Rejected if neither does, and Malformed if an outer failure comes without an inner code and a word.
        """
        if self.outcome == SUCCESS or self.code in DONE:
            return
        if self.code is None and not (self.outcome == FAILURE and self.description):
            raise Malformed(self.call, "Response.resultParam.resultCode")
        raise self.rejection()

    def read(self, model: type[Model], reading: Reading | None = None, under: str | None = "Response") -> Model:
        """What is under that key of the answer, or the whole of it. Raises Malformed naming the field.

        ``reading`` knows the time zone, and is told what cannot be read and is worth no error.
        """
        context = Answering(self.call, reading) if reading else None
        try:
            return model.model_validate(self.payload.get(under) if under else self.payload, context=context)
        except ValidationError as error:
            unusable = error.errors(include_input=False, include_context=False)[0]["loc"]
        raise Malformed(self.call, ".".join(map(str, (under, *unusable) if under else unusable)))


class _Head(BaseModel):
    outcome: Text = Field(default=None, validation_alias=AliasPath("Response", "resultCode"))
    code: Text = Field(default=None, validation_alias=AliasPath("Response", "resultParam", "resultCode"))
    description: Text = Field(default=None, validation_alias=AliasPath("Response", "resultParam", "resultDescription"))


def judge(call: str, answer: Answer) -> Envelope:
    """Reads the envelope of an answer, whatever the call was for.

    Raises Unanswered for SFT's time-out text, 408 and 5xx; NotSent for 429; AuthenticationFailed for an
    account that is not an Enterprise one; Malformed for what is neither JSON nor an error by its HTTP status.
    """
    if TIMEOUT_TEXT in answer.text.casefold():
        raise Unanswered(call, "SFT reports that the operation timed out")
    _raise_for_status(call, answer.status, answer.retry_after)
    envelope = _opened(call, answer)
    # Raised out here: further in, the whole answer is among the locals.
    if isinstance(envelope, Malformed):
        raise envelope
    if envelope.outcome == FAILURE and not envelope.token_refused:
        if INNER_CODE_MAY_BE_HTTP_STATUS and re.fullmatch("[45][0-9][0-9]", envelope.code or ""):
            _raise_for_status(call, int(envelope.code or ""), answer.retry_after)
        if NOT_ENTERPRISE.casefold() in answer.text.casefold():
            raise AccountRefused(call, "SFT reports 'Authorisation Failure': use an Enterprise account")
    return envelope


def _raise_for_status(call: str, status: int, retry_after: float | None) -> None:
    if status == 429:
        raise NotSent(call, "SFT takes no more calls for now (429)", retry_after)
    if status == 408 or status >= 500:
        raise Unanswered(call, f"SFT answered with status {status}")
    if status < 200 or 300 <= status < 400:
        raise Malformed(call, f"HTTP status {status}")


def _opened(call: str, answer: Answer) -> Envelope | Malformed:
    parts = _parts(answer)
    if answer.status < 400:
        if parts is None:
            return Malformed(call, "body")
        head, payload = parts
        return Envelope(call, head.outcome, head.code, shown(head.description or ""), payload)
    head, payload = parts or (_Head(), {})
    if head.outcome == SUCCESS:
        return Malformed(call, f"HTTP status {answer.status}")
    if not isinstance(payload.get("Response"), dict):
        payload = {"Response": {}}
    description = head.description or responses.get(answer.status, "")
    code = head.code or str(answer.status)
    if answer.status == 401 and NOT_ENTERPRISE.casefold() not in answer.text.casefold():
        code = str(answer.status)  # whatever other code SFT has for it: nothing else is told so (RFC 9110)
    return Envelope(call, FAILURE, code, shown(description), payload)


def _parts(answer: Answer) -> tuple[_Head, dict[str, JsonValue]] | None:
    try:
        payload = from_json(answer.text.removeprefix("\ufeff"))  # half the time of a validation, and there may be much
        return _Head.model_validate(payload), payload
    except ValueError:
        return None


def shown(words: str) -> str:
    """SFT's words, fit for an error message: one printable line, at most 300 characters, no secrets."""
    line = "".join(letter if letter.isprintable() else " " for letter in words)
    return " ".join(_SECRET.sub("[secret]", line).split())[:300]
