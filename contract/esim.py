"""An eSIM: as SFT offers it for sale, and as the traveler gets it."""

from pydantic import Field, computed_field

from contract.activation_code import asks_for_confirmation
from contract.addon import AddonError, AddonStatus
from contract.message import Message


class EsimDigests(Message):
    """What an eSIM is found by in the place of numbers that nobody may read (temporal/digests.py)."""

    iccid: str | None = None
    msisdn: str | None = Field(default=None, repr=False)


class AvailableEsim(Message):
    """A Pre-Active eSIM that is attached to an endpoint and carries an activation code."""

    endpoint_id: str
    iccid: str
    msisdn: str | None = Field(default=None, repr=False)
    activation_code: str = Field(repr=False)
    """``LPA:1$<SM-DP+ address>$<matching id>``: a bearer secret, whoever installs it first has the eSIM."""
    digests: EsimDigests = Field(default_factory=EsimDigests)


class FirstAddon(Message):
    """The add-on that was bought together with the eSIM."""

    purchase_id: str
    product: str
    plan_id: str
    unique_id: str | None
    status: AddonStatus
    error: AddonError | None = None


class ProvisionedEsim(Message):
    """The result of ProvisionEsimWorkflow: everything that a portal shows a traveler who just paid."""

    subscription_id: str
    traveler_id: str
    endpoint_id: str
    iccid: str
    msisdn: str | None = Field(default=None, repr=False)
    activation_code: str = Field(repr=False)
    addon: FirstAddon
    delivery: dict[str, str] = Field(default_factory=dict)
    """What became of each channel that was asked for, say ``{"email": "sent"}``."""

    @computed_field  # type: ignore[prop-decorator]  # mypy knows no decorators of properties
    @property
    def needs_confirmation_code(self) -> bool | None:
        """Whether the phone asks for a confirmation code when it installs it; None where its activation code is not
        told."""
        return asks_for_confirmation(self.activation_code)
