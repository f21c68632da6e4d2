"""What happened to one add-on."""

from datetime import UTC, datetime

from contract.addon import Addon, Usage
from contract.event import Event, EventType

GIGABYTE = 10**9


def usage(
    *, remaining_gigabytes: float = 5.8, expires_at: datetime | None = datetime(2026, 12, 2, 8, 30, tzinfo=UTC)
) -> Usage:
    return Usage(
        granted_bytes=30 * GIGABYTE,
        remaining_bytes=int(remaining_gigabytes * GIGABYTE),
        state="in_use",
        starts_at=datetime(2026, 11, 2, 8, 30, tzinfo=UTC),
        expires_at=expires_at,
        as_of=datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
    )


def event(
    type: EventType = "addon_used_80_percent",
    *,
    event_id: str = "subscription-4000001-5",
    product: str = "Wakanda 30Days / 30GB",
    usage: Usage | None = None,
) -> Event:
    return Event(
        event_id=event_id,
        type=type,
        occurred_at=datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
        subscription_id="subscription-4000001",
        traveler_id="T-42",
        endpoint_id="4000001",
        addon=Addon(
            purchase_id="P-1001",
            product=product,
            plan_id="PLAN-WAKANDA-30D-30GB",
            unique_id="7000001",
            status="provisioned",
            usage=usage,
        ),
    )
