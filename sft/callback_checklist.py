"""What is assumed of the events that SFT posts: that part of the checklist which no call can show."""

from typing import Final

from sft.assumption import Assumption

OF_CALLBACKS: Final = (
    Assumption(
        "CALLBACK_IDS",
        "an event names its eSIM as endPointId, iccid or msisdn, in any spelling",
        "assumption",
        "events count as naming no eSIM; nothing is looked at sooner",
        "CALLBACK_IDS in sft/assumptions.py",
        "a person",
        "the posts of a stream",
    ),
    Assumption(
        "CALLBACK_TIMES",
        "when an event happened is in one of the fields of this list",
        "assumption",
        "the time of the post counts: a late event may be shown as the last",
        "CALLBACK_TIMES in sft/assumptions.py",
        "a person",
        "the posts of a stream",
    ),
    Assumption(
        "CALLBACK_NAMES",
        "what happened is in one of the fields of this list",
        "assumption",
        "what an event tells of a profile or an add-on is not seen",
        "CALLBACK_NAMES in sft/assumptions.py",
        "a person",
        "the posts of a stream",
    ),
    Assumption(
        "CALLBACK_STATUSES",
        "what became of a profile is in one of these fields, or in the event's name",
        "assumption",
        "nobody is told whether an eSIM is installed",
        "CALLBACK_STATUSES in sft/assumptions.py",
        "a person",
        "install an eSIM on a phone",
    ),
    Assumption(
        "CALLBACK_PROFILE_WORDS",
        "what became of a profile is told in the documentation's words",
        "assumption",
        "nobody is told whether an eSIM is installed",
        "CALLBACK_PROFILE_WORDS in sft/assumptions.py",
        "a person",
        "install an eSIM on a phone, then delete it there",
    ),
    Assumption(
        "CALLBACK_NEWS",
        "events with one of these in their name are about what is on an eSIM",
        "assumption",
        "usage is read within 15 minutes instead of one",
        "CALLBACK_NEWS in sft/assumptions.py",
        "a person",
        "order an add-on",
    ),
    Assumption(
        "CALLBACK_TOKEN_IS_ON_NOTIFICATIONS_ALONE",
        "data streams carry no token",
        "assumption",
        "harmless; set to False, forged streams are dropped, too",
        "CALLBACK_TOKEN_IS_ON_NOTIFICATIONS_ALONE in sft/assumptions.py",
        "a person",
        "the headers of a stream's post",
    ),
)
