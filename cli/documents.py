"""What scripts get where the contract has no message of its own."""

from pathlib import Path

from pydantic import Field

from contract.activation_code import normalised, read_code
from contract.message import Message
from contract.purchase import PaidAddon
from delivery.links import install_links, manual_code


class SentPurchase(PaidAddon):
    """An add-on purchase that was sent and not waited for."""

    subscription_id: str


class InstallCodes(Message):
    """Everything that an eSIM can be installed with: a secret. The files are those that were asked for."""

    purchase_id: str
    activation_code: str = Field(repr=False)
    iphone_link: str = Field(repr=False)
    android_link: str = Field(repr=False)
    smdp_address: str
    matching_id: str = Field(repr=False)
    needs_confirmation_code: bool
    """Whether the phone asks for a confirmation code, which is not among these."""
    png: Path | None
    svg: Path | None

    @classmethod
    def of(cls, activation_code: str, *, purchase_id: str, png: Path | None, svg: Path | None) -> "InstallCodes":
        """All of them, from an activation code."""
        links, code = install_links(activation_code), manual_code(activation_code)
        return cls(
            purchase_id=purchase_id,
            activation_code=normalised(activation_code),
            iphone_link=links.iphone,
            android_link=links.android,
            smdp_address=code.smdp_address,
            matching_id=code.matching_id,
            needs_confirmation_code=read_code(activation_code).needs_confirmation_code,
            png=png,
            svg=svg,
        )
