"""The failure types that the contract promises to portals, as the ``type`` of an ApplicationError."""

from typing import Final, Literal

FailureType = Literal[
    "InvalidRequest",
    "NoEsimAvailable",
    "ActivationRejected",
    "AddonRejected",
    "SftAuthenticationFailed",
    "SftUnavailable",
    "Cancelled",
]

INVALID_REQUEST: Final = "InvalidRequest"
NO_ESIM_AVAILABLE: Final = "NoEsimAvailable"
ACTIVATION_REJECTED: Final = "ActivationRejected"
ADDON_REJECTED: Final = "AddonRejected"
SFT_AUTHENTICATION_FAILED: Final = "SftAuthenticationFailed"
SFT_UNAVAILABLE: Final = "SftUnavailable"
CANCELLED: Final = "Cancelled"

NOT_YET: Final = "NotYet"
"""How the message of a query's failure begins that a worker can answer once it has dealt with what is new: a moment
later. Nothing is wrong with the run."""
