"""The calls of the SFT wire that are simulated, by the names that faults, counters and the log use."""

from typing import Final, Literal, get_args

Call = Literal[
    "login",
    "RefreshToken",
    "fetchSIM",
    "EndPointLifeCycleChange",
    "EndPointActivation",
    "SubscribeAddon",
    "endpoint",
    "GetEndPointProfile",
    "QueryRatePlan",
]

CALLS: Final[tuple[Call, ...]] = get_args(Call)
ACTIVATING_CALLS: Final[tuple[Call, ...]] = ("EndPointLifeCycleChange", "EndPointActivation")
ADDON_CALLS: Final[tuple[Call, ...]] = ("SubscribeAddon", "endpoint")
"""What puts add-ons on an endpoint, or takes them off."""
