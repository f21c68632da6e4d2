"""How a purchase stands, in travelers' words: never the names of our machinery, or what is for operators alone."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from contract.failure import (
    ACTIVATION_REJECTED,
    ADDON_REJECTED,
    CANCELLED,
    NO_ESIM_AVAILABLE,
)
from contract.progress import Step
from languages.speaking import joined, say
from languages.text import Text, marked
from portal.pages.notices import UNSEEN, notice_of
from seller.errors import SellerError
from seller.sales import Sale

STEPS: Final = (marked("Find your eSIM"), marked("Activate it"), marked("Add your data"), marked("Deliver it to you"))

SLOW_SECONDS: Final = 15
"""After which somebody who waits is told that it takes longer than usual."""


@dataclass(frozen=True)
class Standing:
    """A purchase as its traveler sees it: how many of STEPS are ``done``, and what is going on.

    ``is_hidden``: nobody can tell that right now.
    """

    title: Text
    sentence: Text
    done: int = 0
    is_over: bool = False
    is_late: bool = False
    has_failed: bool = False
    is_hidden: bool = False
    needs_us: bool = False
    """Whether it goes on once one of us has seen to it, and not before."""
    more: Text | None = None
    """Another sentence, behind the first."""

    @property
    def words(self) -> str:
        """What is going on, in the language that is spoken."""
        return joined(say(self.sentence), say(self.more) if self.more else "")


LATE: Final = marked(
    "This takes longer than usual: the mobile network may be slow to answer. It goes on by itself, also if you close "
    "this page."
)

UNDER_WAY: Final[dict[Step, Standing]] = {
    "finding_esim": Standing(marked("Your eSIM is being prepared"), marked("We are choosing an eSIM for you.")),
    "waiting_for_stock": Standing(
        marked("Waiting for a new eSIM"),
        marked(
            "All our eSIMs are sold at the moment. You get the next one as soon as it arrives: there is nothing to do,"
            " and you may close this page."
        ),
        is_late=True,
    ),
    "activating": Standing(
        marked("Your eSIM is being prepared"), marked("Your eSIM is being activated in the mobile network."), 1
    ),
    "provisioning_addon": Standing(
        marked("Your eSIM is being prepared"), marked("Your data is being added to your eSIM."), 2
    ),
    "needs_attention": Standing(
        marked("We are looking into it"),
        marked(
            "The mobile network did not accept your product at once. One of us looks into it, within a day: your eSIM "
            "is kept for you meanwhile, and you need not buy again."
        ),
        2,
        is_late=True,
        needs_us=True,
    ),
    "delivering": Standing(
        marked("Your eSIM is being prepared"), marked("Your eSIM is ready, and on its way to you."), 3
    ),
    "completed": Standing(
        marked("Your eSIM is ready"), marked("You can install it on your phone now."), 4, is_over=True
    ),
}

NOT_SOLD: Final = marked("Your eSIM could not be prepared")
NO_ESIM: Final = marked(
    "You have no eSIM from it, and you need not buy or pay again: we can start this order once more, or pay it back. "
    "Please tell us its number."
)

FAULT: Final = marked("Something went wrong on our side.")
FAILED: Final[dict[str, Text]] = {
    NO_ESIM_AVAILABLE: marked("We ran out of eSIMs, and no new one came in time."),
    CANCELLED: marked("This purchase was cancelled."),
    ADDON_REJECTED: marked("The mobile network did not accept this product."),
    ACTIVATION_REJECTED: marked("The mobile network could not activate an eSIM for you."),
}


def standing(sale: Sale) -> Standing:
    """How a purchase stands, in words."""
    if sale.error:
        reason = FAILED.get(sale.error.type, FAULT)
        return Standing(NOT_SOLD, reason, is_over=True, has_failed=True, needs_us=True, more=NO_ESIM)
    if sale.step == "failed":  # what it held is being given back; why is known after that
        return Standing(NOT_SOLD, NO_ESIM, has_failed=True, needs_us=True)
    now = UNDER_WAY[sale.step]
    if now.is_over or now.is_late or (datetime.now(UTC) - sale.started_at).total_seconds() < SLOW_SECONDS:
        return now
    return replace(now, is_late=True, more=LATE)


OUT_OF_SIGHT: Final = Standing(
    marked("One moment, please"),
    marked(
        "We cannot see right now how far your eSIM is. Nothing is lost: your purchase goes on, and this page follows "
        "it again by itself."
    ),
    is_late=True,
    is_hidden=True,
)
OUT_OF_REACH: Final = Standing(
    marked("One moment, please"),
    marked(
        "We cannot reach our eSIM service right now. Nothing is lost: your purchase goes on, and this page follows it "
        "again by itself."
    ),
    is_late=True,
    is_hidden=True,
)


def hidden(problem: SellerError) -> Standing:
    """How a purchase stands that cannot be seen, by what is away."""
    return OUT_OF_SIGHT if notice_of(problem) is UNSEEN else OUT_OF_REACH
