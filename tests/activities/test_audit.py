"""What an audit concludes from how an endpoint stands at SFT and how its subscription stands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr
from temporalio.client import Client

from activities import audit
from activities.audit import AuditActivities, Here, kind_of
from activities.messages import SimsPage
from contract.audit import Finding, FindingKind, UnownedEndpoint
from contract.order import LifecycleOrder
from contract.subscription import ShownStatus
from sft.client import SftClient
from sft.models import EndpointProfile
from tests.support.activity import attempt, refusal
from tests.support.seller import Seller, seller
from tools.simulator.fault import Fault
from tools.simulator.platform import Platform

LIFECYCLE = "EndPointLifeCycleChange"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "PAUSE_SECONDS", 0.0)


@asynccontextmanager
async def audits_of(shop: Seller) -> AsyncIterator[AuditActivities]:
    password = SecretStr("demo-password")
    async with SftClient(base_url=shop.base_url, username="demo", password=password, timeout_seconds=5) as sft:
        yield AuditActivities(sft, shop.client)


@pytest.mark.parametrize(
    ("here", "is_final", "at_sft", "kind"),
    [
        (None, True, "ACTIVE", "active_without_owner"),
        (None, True, "Pre-Active", None),
        (None, True, "Suspended", None),
        ("active", False, "active", None),
        ("active", False, "Suspended", "suspended_though_active"),
        ("active", False, "PreActive", "owner_without_endpoint"),
        ("active", False, "Hold", "owner_without_endpoint"),
        ("active", False, None, "owner_without_endpoint"),
        ("suspended", False, "Active", "active_though_suspended"),
        ("suspended", False, "Suspended", None),
        ("suspended", False, None, None),
        ("closed", True, "Active", "active_though_closed"),
        ("closed", False, "Active", None),
        ("closed", True, "Suspended", None),
        ("quarantined", True, "Active", "active_though_quarantined"),
        ("quarantined", False, "Active", None),
        ("provisioning", False, "Active", None),
        ("terminated", True, "Active", "terminated"),
    ],
)
def test_what_is_wrong_follows_from_both_states(
    here: ShownStatus | None, is_final: bool, at_sft: str | None, kind: FindingKind | None
) -> None:
    assert kind_of(Here(here, is_final=is_final), at_sft) == kind


async def test_rows_that_cannot_be_read_are_counted_and_hide_no_other(
    client: Client, sft: SftClient, platform: Platform
) -> None:
    platform.endpoints[0].endpoint_id = "-"
    platform.endpoints[1].endpoint_id = "4' OR WorkflowId != '"
    seen = await attempt(AuditActivities(sft, client).list_sims, SimsPage(page=1))
    assert (seen.unreadable, seen.endpoint_ids) == (2, [platform.endpoints[2].endpoint_id])
    assert (seen.found, seen.doubted) == ([], [])


async def test_what_is_doubted_is_looked_at_once_more_at_sft(client: Client) -> None:
    async with seller(client) as shop, shop.working(), audits_of(shop) as audits:
        endpoint_id = (await shop.sell()).endpoint_id
        shop.platform.order(Fault(call="GetEndPointProfile", kind="error_before"))
        doubted = Finding(kind="owner_without_endpoint", endpoint_id=endpoint_id)
        assert (await refusal(audits.check_finding, doubted)).type == "SftUnanswered"
        assert (await attempt(audits.check_finding, doubted)).finding is None
        del shop.platform.store.endpoints[endpoint_id]
        found = (await attempt(audits.check_finding, doubted)).finding
        assert found == Finding(kind="owner_without_endpoint", endpoint_id=endpoint_id, here="active")


async def test_an_endpoint_that_is_somebodys_is_not_suspended(client: Client) -> None:
    async with seller(client) as shop, shop.working(), audits_of(shop) as audits:
        endpoint_id = (await shop.sell()).endpoint_id
        stranger = shop.platform.endpoints[2].endpoint_id
        shop.platform.set_status(stranger, "Active")
        requests = shop.platform.calls[LIFECYCLE]
        left = await attempt(audits.suspend_unowned, UnownedEndpoint(endpoint_id=endpoint_id))
        assert (left.was_suspended, left.why_not) == (False, "its subscription is active: that acts on it")
        assert shop.platform.calls[LIFECYCLE] == requests
        assert (await attempt(audits.suspend_unowned, UnownedEndpoint(endpoint_id=stranger))).was_suspended
        again = await attempt(audits.suspend_unowned, UnownedEndpoint(endpoint_id=stranger))
        assert (again.was_suspended, again.why_not) == (False, "it is Suspended at SFT")
        unknown = await attempt(audits.suspend_unowned, UnownedEndpoint(endpoint_id="4711"))
        assert (unknown.was_suspended, unknown.why_not) == (False, "it is not known at SFT")


async def test_what_visibility_does_not_list_yet_is_somebodys_all_the_same(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(_audits: AuditActivities, _endpoint_ids: object) -> dict[str, Here]:
        return {}

    monkeypatch.setattr(AuditActivities, "_listed", nobody)
    async with seller(client) as shop, shop.working(), audits_of(shop) as audits:
        await shop.sell()
        stranger = shop.platform.endpoints[2].endpoint_id
        shop.platform.set_status(stranger, "Active")
        seen = await attempt(audits.list_sims, SimsPage(page=1))
        assert [found.endpoint_id for found in seen.found] == [stranger]


async def test_what_changes_while_it_is_looked_at_is_no_finding(client: Client) -> None:
    async with seller(client) as shop, shop.working(), audits_of(shop) as audits:
        endpoint_id = (await shop.sell()).endpoint_id
        run, order = shop.run_of(endpoint_id), LifecycleOrder(reason="system")
        await run.execute_update("suspend", order)
        look = audits._profile

        async def look_and_resume(endpoint_id: str) -> EndpointProfile | None:
            profile = await look(endpoint_id)
            await run.execute_update("resume", order)
            return profile

        audits._profile = look_and_resume  # type: ignore[method-assign]
        doubted = Finding(kind="suspended_though_active", endpoint_id=endpoint_id)
        assert (await attempt(audits.check_finding, doubted)).finding is None
