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
