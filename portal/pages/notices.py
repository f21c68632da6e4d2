"""Notices: what travelers are shown instead of what they asked for, in their words."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from languages.text import Text, marked
from seller.errors import Conflict, SellerError


@dataclass(frozen=True)
class Notice:
    """An answer that is not what was asked for. ``passes``: it may be over soon, by itself. ``needs_us``: it may not,
    and a seller who can be reached is named.
    """

    status: int
    title: Text
    sentence: Text
    passes: bool = False
    needs_us: bool = False


def _moment(sentence: Text) -> Notice:
    return Notice(HTTPStatus.SERVICE_UNAVAILABLE, marked("One moment, please"), sentence, passes=True)


NOT_FOUND: Final = Notice(
    HTTPStatus.NOT_FOUND,
    marked("Not found"),
    marked("There is nothing here, or it is not yours. Your eSIMs are under “My eSIMs”."),
)
SILENT: Final = _moment(
    marked(
        "We cannot reach our eSIM service right now. Nothing is lost: what you bought goes on, and this page tries "
        "again."
    )
)
NOT_YET: Final = _moment(marked("Your eSIM is ready, and on its way to you: this page shows it in a moment."))
UNSEEN: Final = _moment(
    marked("We cannot see your eSIMs right now. Nothing is lost: what you bought goes on, and this page tries again.")
)
NO_ANSWER: Final = Notice(
    HTTPStatus.SERVICE_UNAVAILABLE,
    marked("No answer yet"),
    marked("We do not know yet whether your order arrived. Press Try again: it is bought once, however often you do."),
    passes=True,
)
NOT_READ: Final = _moment(marked("We cannot read right now what is left. Press Try again in a moment."))
NETWORK_AWAY: Final = _moment(
    marked("The mobile network does not answer us right now. Please try again in a few minutes.")
)
CONFLICT: Final = Notice(
    HTTPStatus.CONFLICT,
    marked("Bought already"),
    marked(
        "You sent this page before, with another choice: that one was bought, and nothing else. Open the page again to"
        " buy more."
    ),
)
CHANGED: Final = Notice(
    HTTPStatus.CONFLICT,
    marked("Our offer has changed"),
    marked(
        "What we sell has changed since you opened this page, and sending it now bought nothing. Please start again at"
        " the shop. What you bought before is under “My eSIMs”."
    ),
)
REFUSED: Final = Notice(
    HTTPStatus.CONFLICT,
    marked("That did not work"),
    marked("The mobile network did not accept this for your eSIM, and nothing was bought or charged."),
    needs_us=True,
)
LOOKED_AFTER: Final = Notice(
    HTTPStatus.CONFLICT,
    marked("We are looking after this eSIM"),
    marked("Nothing was bought, and nothing can be until that is done. What you bought before is kept."),
    needs_us=True,
)
BROKEN: Final = Notice(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    marked("That did not work"),
    marked("Something went wrong on our side, and we are told of it. Please try again later."),
)
USUAL: Final = {
    NOT_FOUND.status: NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED: Notice(
        HTTPStatus.METHOD_NOT_ALLOWED,
        marked("Not possible"),
        marked("This page cannot be used like that. Please start at the shop."),
    ),
    BROKEN.status: BROKEN,
    HTTPStatus.REQUEST_TIMEOUT: Notice(
        HTTPStatus.REQUEST_TIMEOUT, marked("Too slow"), marked("That came too slowly: please try again.")
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Notice(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, marked("Too large"), marked("That is too large to be sent here.")
    ),
    HTTPStatus.TOO_MANY_REQUESTS: Notice(
        HTTPStatus.TOO_MANY_REQUESTS,
        marked("Too fast"),
        marked("That was too much at once: please wait a moment, then try again."),
        passes=True,
    ),
}


def notice_of_status(status: int) -> Notice:
    """For a status of HTTP with which a request is refused before it gets as far as a page."""
    return USUAL.get(status) or Notice(status, marked("That did not work"), marked("That cannot be answered."))


def notice_of(problem: SellerError) -> Notice:
    """For whatever seller/ raises."""
    if isinstance(problem, Conflict):
        return CONFLICT
    match problem.type:
        case "NotFound":
            return NOT_FOUND
        case "NoWorker" | "QueryFailed" | "TemporalLimit":
            return UNSEEN
        case "NoTemporalServer" | "TemporalRefused" | "UnknownKey":
            return SILENT
        case "NotCompleted":
            return NOT_YET
        case "SftUnavailable" | "SftAuthenticationFailed":
            return NETWORK_AWAY
        case "Terminated":
            return LOOKED_AFTER
        case "AddonRejected" | "ActivationRejected" | "InvalidRequest":
            return REFUSED
    return BROKEN


def notice_of_sent(problem: SellerError, *, is_order: bool) -> Notice:
    """For whatever seller/ raises where a form was sent: no such page tries again by itself."""
    notice = notice_of(problem)
    if notice in (SILENT, UNSEEN):
        return NO_ANSWER if is_order else NOT_READ
    return notice
