"""Install links and the code to type by hand, made from an activation code: for whoever cannot scan a QR code."""

import re
from typing import NamedTuple
from urllib.parse import quote

# GSMA SGP.22, 4.1: an object id and a confirmation flag may follow the matching id.
_ACTIVATION_CODE = re.compile(r"LPA:1\$([!-#%-~]+)\$([!-#%-~]+)(?:\$[0-9.]*(?:\$1?)?)?", re.ASCII)


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
    """The links for ``LPA:1$<SM-DP+ address>$<matching id>``; for anything else a ValueError that does not quote it."""
    manual_code(activation_code)
    # ":" and "$" are legal in a query and stand as they are in both documentations.
    carddata = quote(activation_code, safe=":$")
    return InstallLinks(
        iphone=f"https://esimsetup.apple.com/esim_qrcode_provisioning?carddata={carddata}",
        android=f"https://esimsetup.android.com/esim_qrcode_provisioning?carddata={carddata}",
    )


def manual_code(activation_code: str) -> ManualCode:
    """The parts of ``LPA:1$<SM-DP+ address>$<matching id>``; for anything else a ValueError that does not quote it."""
    parts = _ACTIVATION_CODE.fullmatch(activation_code)
    if parts is None:
        raise ValueError("the activation code is not of the form LPA:1$<SM-DP+ address>$<matching id>")
    return ManualCode(smdp_address=parts[1], matching_id=parts[2])
