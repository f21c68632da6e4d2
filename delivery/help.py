"""Help with an eSIM, from the question whether a phone takes one to a phone that does not connect: on page and in mail.

Menus are named as in Apple's (support.apple.com/118669), Android's (source.android.com/docs/core/connect/esim-overview)
and Samsung's documentation; makers of other phones name theirs as they like.
"""

from typing import Final, NamedTuple

from languages.speaking import isolated, say
from languages.text import Text, marked

TAKES: Final = (
    marked("Does my phone take eSIMs?"),
    marked("Any phone: dial *#06#. If a number called EID is shown, it takes eSIMs."),
    marked(
        "iPhone: XS, XR and later ones do, but for most of those that are sold in mainland China; Settings → General → "
        "About shows the EID."
    ),
    marked("Samsung Galaxy: it does if Settings → Connections → SIM manager offers to add an eSIM."),
    marked(
        "Google Pixel and other Android phones: they do if Settings → Network & internet → SIMs offers to add an eSIM; "
        "where the menus are others, search the settings for “eSIM”."
    ),
    marked("Whichever it is, it must not be locked to one network: who sold you the phone knows."),
)
BEFORE: Final = (
    marked("Before the trip"),
    marked("Install the eSIM at home, on Wi-Fi: installing needs a connection to the internet, and a few minutes."),
    marked("Do not delete it from the phone after that: as a rule, it installs only once."),
)
THERE: Final = (
    marked("When you arrive"),
    marked("Turn the eSIM on in the SIM settings of the phone, and choose it for mobile data."),
    marked("Turn on data roaming for the eSIM: without that it does not connect. It costs nothing extra here."),
    marked("Turn off data roaming for your own SIM, so that it does not charge you for data abroad."),
)
ACCESS_POINT: Final = (
    marked("The access point (APN)"),
    marked("This eSIM needs an access point: enter the APN %(apn)s, without a user name and a password."),
    marked("iPhone: Settings → Cellular or Mobile Data → the eSIM → Cellular or Mobile Data Network."),
    marked("Android: Settings → Network & internet → SIMs → the eSIM → Access Point Names."),
)
TROUBLE: Final = (
    marked("If it does not connect"),
    marked("Check that the eSIM is turned on, is chosen for mobile data, and has data roaming turned on."),
    marked("Turn airplane mode on for ten seconds, or restart the phone. The first connection may take some minutes."),
    marked(
        "Choose the network by hand: turn off the automatic choice in the settings, and try each one that is listed."
    ),
    marked("Look under “My eSIMs” in the shop whether there is data left."),
    marked(
        "If nothing helps, ask the shop where you bought it, and say the ICCID of the eSIM. Nobody there needs the "
        "code that it is installed with."
    ),
)


class Topic(NamedTuple):
    """One subject of help, in the language that is spoken."""

    title: str
    lines: list[str]


def help_topics(apn: str | None = None) -> list[Topic]:
    """All of it, in the order in which it is needed; about the access point, where the plan needs one."""
    shown = (TAKES, BEFORE, THERE, *([ACCESS_POINT] if apn else []), TROUBLE)
    return [_topic(texts, apn) for texts in shown]


def _topic(texts: tuple[Text, ...], apn: str | None) -> Topic:
    title, *lines = (say(text, apn=isolated(apn or "")) for text in texts)
    return Topic(title, lines)
