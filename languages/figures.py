"""Amounts, dates and times as the language that is spoken writes them (CLDR). Digits are European in all of them."""

from datetime import UTC, datetime

from babel.dates import format_date, format_time, get_datetime_format, get_timezone_location
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from contract.amounts import BYTES_OF_A_GIGABYTE, DataUnits
from languages.speaking import say, spoken
from languages.text import marked

LESS = marked("less than %(amount)s")


def data(amount: int, units: DataUnits) -> str:
    """Bytes as gigabytes, with the unit: ``24 GB``, ``0.05 GB``. A rest is not rounded to none."""
    size = amount / BYTES_OF_A_GIGABYTE[units]
    if 0 < size < 0.01:
        return say(LESS, amount=_gigabytes(0.01))
    return _gigabytes(round(size, 2 if size < 0.1 else 1))


def _gigabytes(size: float) -> str:
    locale = spoken().language.locale
    return format_unit(size, "digital-gigabyte", "short", "#,##0.##", locale=locale)


def volume(amount: int) -> str:
    """Bytes as they are sold, in decimal units: ``500 MB``, ``30 GB``."""
    if amount >= 10**9:
        return _gigabytes(amount / 10**9)
    return format_unit(amount / 10**6, "digital-megabyte", "short", "#,##0.##", locale=spoken().language.locale)


def days(count: int) -> str:
    """``30 days``."""
    return format_unit(count, "duration-day", "long", locale=spoken().language.locale)


def percent(share: float) -> str:
    """``80%``."""
    return format_percent(share, locale=spoken().language.locale)


def number(count: int) -> str:
    """``1,234``."""
    return format_decimal(count, locale=spoken().language.locale)


def day(time: datetime) -> str:
    """``2 December 2026``: by the clock of who is spoken to, where that is known."""
    return format_date(_local(time), "long", spoken().language.locale)


def moment(time: datetime) -> str:
    """To the minute, ``2 December 2026, 09:30 (Paris)``: in their zone, and where that is not known in UTC."""
    locale, zone = spoken().language.locale, spoken().zone
    local = _local(time)
    hour = format_time(local, "short", tzinfo=local.tzinfo, locale=locale)
    both = str(get_datetime_format("medium", locale=locale)).replace("{1}", day(time)).replace("{0}", hour)
    where = f"({get_timezone_location(zone, locale=locale, return_city=True)})" if zone else "UTC"
    return f"{both} {where}"


def _local(time: datetime) -> datetime:
    return time.astimezone(spoken().zone or UTC)
