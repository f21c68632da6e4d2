"""What travelers are told instead of what they asked for, in their words."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from cli.problem import Conflict, Problem


@dataclass(frozen=True)
class Telling:
    """An answer that is not what was asked for. ``passes``: it may be over soon, by itself. ``needs_us``: it may not,
    and a seller who can be reached is named.
    """

    status: int
    title: str
    sentence: str
    passes: bool = False
    needs_us: bool = False


def _moment(sentence: str) -> Telling:
    return Telling(HTTPStatus.SERVICE_UNAVAILABLE, "One moment, please", sentence, passes=True)


NOT_FOUND: Final = Telling(
    HTTPStatus.NOT_FOUND, "Not found", "There is nothing here, or it is not yours. Your eSIMs are under “My eSIMs”."
)
SILENT: Final = _moment(
    "We cannot reach our eSIM service right now. Nothing is lost: what you bought goes on, and this page tries again."
)
NOT_YET: Final = _moment("Your eSIM is ready, and on its way to you: this page shows it in a moment.")
UNSEEN: Final = _moment(
    "We cannot see your eSIMs right now. Nothing is lost: what you bought goes on, and this page tries again."
)
NO_ANSWER: Final = Telling(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "No answer yet",
    "We do not know yet whether your order arrived. Press Try again: it is bought once, however often you do.",
    passes=True,
)
NOT_READ: Final = _moment("We cannot read right now what is left. Press Try again in a moment.")
NETWORK_AWAY: Final = _moment("The mobile network does not answer us right now. Please try again in a few minutes.")
CONFLICT: Final = Telling(
    HTTPStatus.CONFLICT,
    "Bought already",
    "You sent this page before, with another choice: that one was bought, and nothing else. Open the page again to buy "
    "more.",
)
REFUSED: Final = Telling(
    HTTPStatus.CONFLICT,
    "That did not work",
    "The mobile network did not accept this for your eSIM, and nothing was bought.",
    needs_us=True,
)
BROKEN: Final = Telling(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "That did not work",
    "Something went wrong on our side, and we are told of it. Please try again later.",
)
USUAL: Final = {
    NOT_FOUND.status: NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED: Telling(
        HTTPStatus.METHOD_NOT_ALLOWED, "Not possible", "This page cannot be used like that. Please start at the shop."
    ),
    BROKEN.status: BROKEN,
}
TITLES: Final = {
    HTTPStatus.REQUEST_TIMEOUT: "Too slow",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Too large",
    HTTPStatus.TOO_MANY_REQUESTS: "Too fast",
}


def told(status: int, sentence: str) -> Telling:
    """For a status of HTTP: with this sentence, or what is usual."""
    if status in USUAL:
        return USUAL[status]
    title = TITLES.get(HTTPStatus(status), "That did not work")
    return Telling(status, title, sentence, passes=status == HTTPStatus.TOO_MANY_REQUESTS)


def told_of(problem: Problem) -> Telling:
    """For whatever the shop raises."""
    if isinstance(problem, Conflict):
        return CONFLICT
    match problem.type:
        case "NotFound":
            return NOT_FOUND
        case "NoWorker" | "QueryFailed":
            return UNSEEN
        case "NoTemporalServer" | "TemporalRefused" | "UnknownKey":
            return SILENT
        case "NotCompleted":
            return NOT_YET
        case "SftUnavailable" | "SftAuthenticationFailed":
            return NETWORK_AWAY
        case "AddonRejected" | "ActivationRejected" | "InvalidRequest":
            return REFUSED
    return BROKEN


def told_of_sent(problem: Problem, *, is_order: bool) -> Telling:
    """The same where a form was sent: no such page tries again by itself."""
    telling = told_of(problem)
    if telling in (SILENT, UNSEEN):
        return NO_ANSWER if is_order else NOT_READ
    return telling
