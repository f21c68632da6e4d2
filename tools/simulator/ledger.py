"""The ledger: what the platform holds and what it did, as plain JSON and without secrets."""

from datetime import datetime
from typing import NotRequired, TypedDict

from tools.simulator.endpoint import AddonInstance, Endpoint
from tools.simulator.journal import Entry, Journal


class AddonRecord(TypedDict):
    """One instance of a plan. Times are ISO 8601 in UTC, null while it waits for its first use.

    What need not be there is in every ledger of a platform; one made up by hand does without.
    """

    unique_id: str
    plan_id: str
    remaining_bytes: NotRequired[int]
    granted_bytes: NotRequired[int]
    starts_at: NotRequired[str | None]
    expires_at: NotRequired[str | None]


class ChangeRecord(TypedDict):
    """As in ``simulator.endpoint.Change``: ``value`` is the new status or the uniqueId."""

    change: str
    value: str
    by: str
    call_number: int | None
    at: str


class EndpointRecord(TypedDict):
    """One endpoint, with ``history`` in order. ``removed_addons`` were removed, ``ended_addons`` disappeared."""

    endpoint_id: str
    iccid: str
    status: str
    addons: list[AddonRecord]
    removed_addons: list[AddonRecord]
    ended_addons: NotRequired[list[AddonRecord]]
    history: list[ChangeRecord]


class CallRecord(TypedDict):
    """One call, as in ``simulator.journal.Entry``."""

    number: int
    call: str
    endpoint_id: str | None
    plan_id: str | None
    fault: str | None
    done: bool
    status: int | None


class Ledger(TypedDict):
    """Everything: the endpoints, calls and faults by name, and every call in order of arrival."""

    endpoints: list[EndpointRecord]
    calls: dict[str, int]
    faults: dict[str, int]
    log: list[CallRecord]


def ledger_of(endpoints: list[Endpoint], journal: Journal) -> Ledger:
    """A copy of the state as it is now."""
    return Ledger(
        endpoints=[_endpoint_record(endpoint) for endpoint in endpoints],
        calls=dict(journal.calls),
        faults=dict(journal.faults),
        log=[_call_record(entry) for entry in journal.log],
    )


def _endpoint_record(endpoint: Endpoint) -> EndpointRecord:
    return EndpointRecord(
        endpoint_id=endpoint.endpoint_id,
        iccid=endpoint.iccid,
        status=endpoint.status,
        addons=[_addon_record(instance) for instance in endpoint.addons],
        removed_addons=[_addon_record(instance) for instance in endpoint.removed_addons],
        ended_addons=[_addon_record(instance) for instance in endpoint.ended_addons],
        history=[
            ChangeRecord(
                change=change.change,
                value=change.value,
                by=change.by,
                call_number=change.call_number,
                at=change.at.isoformat(),
            )
            for change in endpoint.history
        ],
    )


def _addon_record(instance: AddonInstance) -> AddonRecord:
    return AddonRecord(
        unique_id=instance.unique_id,
        plan_id=instance.plan.plan_id,
        remaining_bytes=instance.remaining_bytes,
        granted_bytes=instance.plan.granted_bytes,
        starts_at=_iso(instance.starts_at),
        expires_at=_iso(instance.expires_at),
    )


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _call_record(entry: Entry) -> CallRecord:
    return CallRecord(
        number=entry.number,
        call=entry.call,
        endpoint_id=entry.endpoint_id,
        plan_id=entry.plan_id,
        fault=entry.fault,
        done=entry.done,
        status=entry.status,
    )
