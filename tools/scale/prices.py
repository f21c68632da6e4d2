"""The list prices of Temporal Cloud, pay as you go, a month."""

from typing import Final, NamedTuple

SOURCE: Final = "https://docs.temporal.io/cloud/pricing"
READ: Final = "28 November 2026"

MILLION: Final = 1_000_000
HOURS: Final = 744
"""Of a month in which a GB is kept, by the same page."""

ACTIVE: Final = 0.042
RETAINED: Final = 0.00105
"""Dollars for a GB and an hour: of runs that are open, and of those that have ended and are still kept."""

ONE_PRICE: Final = 50.0
"""Dollars for a million actions on the plan Developer, however many."""

TIERS: Final = ((5, 50.0), (10, 45.0), (20, 40.0), (50, 35.0), (100, 30.0), (200, 25.0))
"""On the plan Business: up to so many millions, dollars for each. Beyond them, prices are negotiated."""

NEGOTIATED_BEYOND: Final = TIERS[-1][0] * MILLION
SUPPORT: Final = 0.1
"""The share of what is used that the plan costs."""

LEAST_FOR_BUSINESS: Final = 500.0
INCLUDED: Final = (2.5 * MILLION, 2.5, 100.0)
"""On Business: actions, and GB that are open and that are retained."""


class Bill(NamedTuple):
    """What a month costs in dollars, on the plan that is cheaper."""

    plan: str
    dollars: float
    is_negotiated: bool
    """Whether there is more than the list has prices for: what is more counts at its last one."""


def bill(actions: float, open_gb: float, retained_gb: float) -> Bill:
    """Of a month, without any commitment."""
    plans = (developer(actions, open_gb, retained_gb), business(actions, open_gb, retained_gb))
    return min(plans, key=lambda one: one.dollars)


def developer(actions: float, open_gb: float, retained_gb: float) -> Bill:
    """On the plan that costs nothing but a share of what is used."""
    used = actions / MILLION * ONE_PRICE + _kept(open_gb, retained_gb)
    return Bill("Developer", used * (1 + SUPPORT), is_negotiated=False)


def business(actions: float, open_gb: float, retained_gb: float) -> Bill:
    """On the plan that includes something, and gets cheaper with more."""
    free_actions, free_open, free_retained = INCLUDED
    left = max(0.0, actions - free_actions)
    used = _by_tiers(left) + _kept(max(0.0, open_gb - free_open), max(0.0, retained_gb - free_retained))
    total = used + max(LEAST_FOR_BUSINESS, SUPPORT * used)
    return Bill("Business", total, is_negotiated=left > NEGOTIATED_BEYOND)


def _kept(open_gb: float, retained_gb: float) -> float:
    return HOURS * (open_gb * ACTIVE + retained_gb * RETAINED)


def _by_tiers(actions: float) -> float:
    dollars, before = 0.0, 0.0
    for millions, price in TIERS:
        dollars += price * max(0.0, min(actions / MILLION, millions) - before)
        before = millions
    return dollars + TIERS[-1][1] * max(0.0, actions / MILLION - before)
