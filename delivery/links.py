"""Install links and the code to type by hand, made from an activation code: for whoever cannot scan a QR code."""

from typing import Final, NamedTuple
from urllib.parse import quote

from contract.activation_code import normalised, read_code
from languages.text import marked

CONFIRMATION: Final = marked(
    "While it installs, the phone asks for a confirmation code: ask the shop where you bought it."
)
"""What a traveler has to know of an eSIM that needs one: SFT does not tell the code."""


class InstallLinks(NamedTuple):
    """Links that open the phone's own eSIM installation. Each holds the activation code: a secret."""

    iphone: str
    """iOS 17.4 and later (Apple's documentation)."""
    android: str
    """Android's counterpart (Android's documentation)."""

    def __repr__(self) -> str:
        return "InstallLinks(iphone=…, android=…)"


class ManualCode(NamedTuple):
    """The two halves of an activation code, as phones ask for them by hand. The matching id is a secret."""

    smdp_address: str
    matching_id: str

    def __repr__(self) -> str:
        return f"ManualCode(smdp_address={self.smdp_address!r}, matching_id=…)"


def install_links(activation_code: str) -> InstallLinks:
    """The links for an activation code; for what is none a ValueError that does not quote it."""
    # ":" and "$" are legal in a query and stand as they are in both documentations.
    carddata = quote(normalised(activation_code), safe=":$")
    return InstallLinks(
        iphone=f"https://esimsetup.apple.com/esim_qrcode_provisioning?carddata={carddata}",
        android=f"https://esimsetup.android.com/esim_qrcode_provisioning?carddata={carddata}",
    )


def manual_code(activation_code: str) -> ManualCode:
    """The parts of an activation code; for what is none a ValueError that does not quote it."""
    code = read_code(activation_code)
    return ManualCode(code.smdp_address, code.matching_id)
