"""Which time zone the account seems to have: dates that SFT made while the clock was watched, against that clock."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sft.fields import moment
from sft_check.evidence import Evidence, Profile, paths_of, written
from sft_check.finding import Found, fails, holds

FARTHEST: Final = timedelta(hours=14)
"""No zone is farther from UTC."""

QUARTER: Final = timedelta(minutes=15)
"""Every zone is a multiple of this away from UTC."""

AT_MOST_APART: Final = timedelta(minutes=5)
"""How far two clocks, and the times of a call and of its work, may be apart."""

ENDS: Final = ("expir", "end", "until")
"""What the names of dates that lie ahead have in them."""

NAMED: Final = (
    "UTC",
    "Europe/London",
    "Europe/Brussels",
    "Europe/Helsinki",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
    "America/Sao_Paulo",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
)
"""An example for most offsets, that of SFT's own country among them."""


def time_zone(evidence: Evidence) -> Found | None:
    """Whether dates that came into being during this check, or starts that cannot lie ahead, fit the setting."""
    set_to = offset_in(evidence.time_zone)
    for offset in _of_new_dates(evidence):
        words = f"a date that was made during this check is {shown_offset(offset)}{_example(offset)}"
        return holds(words) if offset == set_to else fails(words)
    ahead = max(_ahead(evidence), default=timedelta())
    if ahead > (set_to or timedelta()) + AT_MOST_APART:
        at_least = -(-ahead // QUARTER) * QUARTER
        return fails(f"a start lies ahead of the clock: at least {shown_offset(at_least)}{_example(at_least)}")
    return Found("not seen", f"no date came into being during this check; taken for {evidence.time_zone}")


def offset_in(zone: str) -> timedelta | None:
    """How far a zone is from UTC now; None if it is not known."""
    try:
        return ZoneInfo(zone).utcoffset(datetime.now(UTC))
    except (ZoneInfoNotFoundError, ValueError):
        return timedelta() if zone == "UTC" else None


def shown_offset(offset: timedelta) -> str:
    minutes = round(offset / timedelta(minutes=1))
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _of_new_dates(evidence: Evidence) -> Iterator[timedelta]:
    known: set[tuple[str, datetime]] = set()
    for act in ("", "activate", "subscribe", "remove", "suspend"):
        done = evidence.act(act) if act else None
        here = {date for profile in evidence.profiles_after(act) for date in _dates(profile)}
        for path, date in sorted(here - known) if done else ():
            if any(word in path.casefold() for word in ENDS):
                continue
            apart = date - done.at if done else timedelta()
            offset = round(apart / QUARTER) * QUARTER
            if abs(offset) <= FARTHEST and abs(apart - offset) <= AT_MOST_APART:
                yield offset
        known |= here


def _ahead(evidence: Evidence) -> Iterator[timedelta]:
    for profile in evidence.profiles:
        for path, date in _dates(profile):
            apart = date - profile.seen.at
            if "start" in path.casefold() and apart <= FARTHEST:
                yield apart


def _dates(profile: Profile) -> Iterator[tuple[str, datetime]]:
    """Every date of a profile, with where it stands, as if it were UTC."""
    for path, value in paths_of(profile.info):
        try:
            date = moment(written(value))
        except ValueError:
            continue
        if date is not None:
            yield path, date


def _example(offset: timedelta) -> str:
    for zone in NAMED:
        if offset_in(zone) == offset:
            return f", as {zone} is now"
    return ""
