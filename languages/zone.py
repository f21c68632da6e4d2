"""Time zones by the names that browsers and portals give them."""

import re
from zoneinfo import ZoneInfo

from contract.wanted_speech import TIME_ZONE


def zone_of(name: str | None) -> ZoneInfo | None:
    """The zone of a name of the IANA database; None for what is none here, or the name of no place."""
    if not name or not re.fullmatch(TIME_ZONE, name) or "/" not in name or name.startswith("Etc/"):
        return None
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None
