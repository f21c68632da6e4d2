"""Why the platform says no. The codes are assumptions, but for 6420: nothing public lists them."""

from typing import Final

UNKNOWN_ENDPOINT: Final = "1006"
UNKNOWN_PLAN: Final = "6110"
UNKNOWN_INSTANCE: Final = "6111"
WRONG_TRANSITION: Final = "5020"
NOT_ACTIVE: Final = "5021"
NO_SIM_ATTACHED: Final = "6420"


class Refused(Exception):
    """The platform says no and has changed nothing. Carries the inner result code and its description."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
