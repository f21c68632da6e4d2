"""What the codes and words of SFT mean on which this client acts, each with its source: here, and nowhere else.

A code that is not here is an unknown one: a refusal, of which nobody can say beforehand whose fault it is.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

Source = Literal["guide", "documentation", "client", "assumption"]
"""Where a meaning is from: the guide, SFT's documentation, a public client, or nobody says so (docs/sft.md)."""

Fault = Literal["account", "endpoint", "plan", "unknown"]
"""What SFT refuses a call for. The account is the operator's matter, whoever's purchase it was that met it."""

Meaning = Literal["done", "already_active", "token", "credentials", "blocked", "endpoint", "plan"]


@dataclass(frozen=True, slots=True)
class Code:
    """A code on the wire: what it means to us, in a few words why, and how surely."""

    code: str
    meaning: Meaning
    why: str
    source: Source


BAD_CREDENTIALS: Final = "10126"
INCORRECT_VALUE: Final = "10117"

TABLE: Final = (
    Code("5017", "done", "life cycle changed", "client"),
    Code("9003", "done", "life cycle changed, or was so before", "client"),
    Code("5014", "done", "endpoint activated", "client"),
    Code("2507", "already_active", "the endpoint was active before the call", "client"),
    Code("6420", "endpoint", "no SIM is attached to it", "client"),
    Code("6413", "endpoint", "its SIM is delinked", "client"),
    Code("10159", "endpoint", "it is deleted", "client"),
    Code("401", "token", "the access token has expired: as HTTP status, or inside of an HTTP 200", "client"),
    Code(BAD_CREDENTIALS, "credentials", "bad credentials; also a time-out, if the text says so", "documentation"),
    Code(INCORRECT_VALUE, "credentials", "a value is incorrect", "documentation"),
    Code("11044", "blocked", "the account is blocked, after too many refused logins", "documentation"),
    Code("6110", "plan", "SFT does not know the plan, or not on this endpoint", "assumption"),
)

MEANINGS: Final = {code.code: code.meaning for code in TABLE}

NOT_ENTERPRISE: Final = "Authorisation Failure"
"""What accounts get that are not Enterprise accounts, in any case of letters (documentation)."""

ACCOUNT_WORDS: Final[tuple[tuple[str, Source], ...]] = (
    (r"authori[sz]ation failure", "documentation"),
    (r"rate[ _-]?zone", "documentation"),
    (r"\b(balance|credit|prepaid|funds?)\b", "assumption"),
    (r"\bnot (authori[sz]ed|allowed for (this|your|the) account)\b", "assumption"),
    (r"\baccount (is )?(blocked|suspended|inactive|disabled|not active)\b", "assumption"),
)
"""Words in a description that are about the account, in any case of letters: that an empty balance or rate zone
refuses sales is documented, in which words it does is not."""

_OF_ACCOUNT: Final = re.compile("|".join(words for words, _ in ACCOUNT_WORDS), re.IGNORECASE)

NOTHING_FOUND: Final = re.compile(
    r"\bno (matching |such |more )?(sims?|iccids?|records?|data|rows?|results?|entries)\b"
    r"|\b(sims?|iccids?|records?|data|rows?|results?|entries) (is |are |was |were )?not (found|available|exist)",
    re.IGNORECASE,
)
"""What tells a refused list that is empty from one that is refused (assumption: SFT may tell an empty one so)."""

TIMED_OUT: Final = re.compile(r"tim(e|ed)[ _-]?out", re.IGNORECASE)
"""What tells a 10126 that is a time-out from one that is about the credentials (documentation: "the text tells")."""


def codes_that_mean(*meanings: Meaning) -> tuple[str, ...]:
    """All codes of these meanings, in the order of the table."""
    return tuple(code.code for code in TABLE if code.meaning in meanings)


DONE: Final = codes_that_mean("done")
ALREADY_ACTIVE: Final = codes_that_mean("already_active")
BLOCKED: Final = codes_that_mean("blocked")
TOKEN_REFUSED: Final = codes_that_mean("token")
LOGIN_REFUSED: Final = codes_that_mean("blocked", "credentials")


def fault_of(code: str, description: str) -> Fault:
    """What a refusal is for: its words, where they are about the account, and else its code."""
    if _OF_ACCOUNT.search(description):
        return "account"
    match MEANINGS.get(code):
        case "blocked" | "credentials":
            return "account"
        case "endpoint":
            return "endpoint"
        case "plan":
            return "plan"
    return "unknown"


def likeness(code: str, description: str) -> str:
    """What two refusals have in common that are alike: the code or, where there is none, the words but for numbers."""
    return code if len(code) > 1 else re.sub(r"[0-9]+", "#", description.casefold()) or code


def login_refusal(text: str) -> str | None:
    """The code for which a login was refused, wherever in the answer it stands; None if there is none in it."""
    if "AccessToken" in text:
        return None
    for code in LOGIN_REFUSED:
        if re.search(rf"(?<![0-9]){code}(?![0-9])", text) and (code in BLOCKED or not TIMED_OUT.search(text)):
            return code
    return None
