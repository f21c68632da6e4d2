"""The audit: what SFT lists, held against the subscriptions."""

from collections.abc import AsyncIterator

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from activities import audit, failures
from activities.messages import BACKGROUND
from contract.audit import AuditReport
from sft.client import SftClient
from sft.models import Sim
from tests.support.audits import audited, by_kind, planted, visible
from tests.support.seller import PLAN, Seller, eventually, seller
from tools.simulator.endpoint import STRANGER
from tools.simulator.fault import Fault
from workflows import audit as audit_workflow


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "PAUSE_SECONDS", 0.0)


@pytest.fixture
async def shop(client: Client) -> AsyncIterator[Seller]:
    async with seller(client, esims=10) as shop, shop.working():
        yield shop


async def test_an_account_that_fits_together_has_no_findings(shop: Seller) -> None:
    sold = [await shop.sell() for _ in range(2)]
    await visible(shop, *(esim.endpoint_id for esim in sold))
    report = await audited(shop)
    assert (report.findings, report.counts, report.unchecked, report.unreadable) == ([], {}, 0, 0)
    assert report.listed == {"Active": 2, "Pre-Active": 8}
    assert report.subscriptions == 2


async def test_the_list_is_over_where_sft_leaves_out_what_is_empty(shop: Seller) -> None:
    shop.platform.habits.have(["empty_left_out"])
    report = await audited(shop)
    assert (report.findings, report.listed) == ([], {"Pre-Active": 10})


async def test_every_kind_of_finding_is_found_once(shop: Seller) -> None:
    expected = await planted(shop)
    report = await audited(shop)
    assert by_kind(report.findings) == expected
    assert report.counts == dict.fromkeys(expected, 1)


async def test_an_instance_that_was_taken_off_is_no_finding_any_more(shop: Seller) -> None:
    endpoint_id = (await shop.sell()).endpoint_id
    run = shop.run_of(endpoint_id)
    foreign = shop.platform.add_foreign_addon(endpoint_id, PLAN)
    await run.execute_update("refresh_usage")
    assert (await run.describe()).raw_info.memo.fields
    await visible(shop, endpoint_id)
    [found] = (await audited(shop)).findings
    assert (found.kind, found.unique_ids) == ("unmatched", [foreign.unique_id])
    shop.platform.store.change_addons(endpoint_id, [], [foreign.unique_id], STRANGER)
    assert (await audited(shop)).findings == []  # before the subscription has read it
    await run.execute_update("refresh_usage")
    assert not (await run.describe()).raw_info.memo.fields


async def test_a_list_that_sft_begins_anew_for_ever_is_read_once(shop: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = SftClient.fetch_attached_sims

    async def first_page(client: SftClient, _page: int, per_page: int) -> list[Sim]:
        return await fetch(client, 1, per_page)

    monkeypatch.setattr(SftClient, "fetch_attached_sims", first_page)
    assert (await audited(shop)).listed == {"Pre-Active": 10}


async def test_a_list_that_goes_round_and_round_is_read_once(shop: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "WIDER_LOOK", 2)
    fetch = SftClient.fetch_attached_sims

    async def round_and_round(client: SftClient, page: int, per_page: int) -> list[Sim]:
        return await fetch(client, (page - 1) % 5 + 1, per_page)

    monkeypatch.setattr(SftClient, "fetch_attached_sims", round_and_round)
    shop.platform.set_status(shop.platform.endpoints[-1].endpoint_id, "Active")
    report = await audited(shop)
    assert (report.listed, report.counts) == ({"Pre-Active": 9, "Active": 1}, {"active_without_owner": 1})


async def test_an_owner_whose_endpoint_sft_does_not_list_is_asked_for_before_it_is_a_finding(shop: Seller) -> None:
    there, gone = [(await shop.sell()).endpoint_id for _ in range(2)]
    await visible(shop, there, gone)
    shop.platform.set_attached(there, attached=False)  # not listed, and active all the same
    del shop.platform.store.endpoints[gone]
    report = await audited(shop)
    assert by_kind(report.findings) == {"owner_without_endpoint": gone}
    assert report.findings[0].at_sft is None


async def test_what_sft_does_not_answer_for_is_counted_as_unchecked(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "LONGEST_SFT_PAUSE_SECONDS", 0.1)
    endpoint_id = (await shop.sell()).endpoint_id
    await visible(shop, endpoint_id)
    shop.platform.set_status(endpoint_id, "Suspended")
    shop.platform.order(Fault(call="GetEndPointProfile", kind="error_before", times=0))
    report = await audited(shop)
    assert (report.findings, report.unchecked) == ([], 1)


async def test_a_long_audit_goes_on_as_new_runs_and_keeps_as_many_findings_as_fit(
    shop: Seller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "WIDER_LOOK", 2)
    monkeypatch.setattr(audit_workflow, "STEPS_OF_A_RUN", 2)
    monkeypatch.setattr(audit_workflow, "MOST_OF_A_KIND", 3)
    for endpoint in shop.platform.endpoints[:8]:
        shop.platform.set_status(endpoint.endpoint_id, "Active")
    sold = (await shop.sell()).endpoint_id
    await visible(shop, sold)
    run = await shop.client.start_workflow(
        "AuditWorkflow", id=f"audit-{shop.number}", task_queue=shop.task_queue, result_type=AuditReport
    )
    report = await run.result()
    assert (report.counts, len(report.findings)) == ({"active_without_owner": 8}, 3)
    assert report.listed == {"Active": 9, "Pre-Active": 1}

    async def runs() -> bool:
        return (await shop.client.count_workflows(f"WorkflowId = '{run.id}'")).count >= 3

    await eventually(runs)


async def test_sales_go_before_the_calls_of_an_audit(shop: Seller) -> None:
    run = await shop.client.start_workflow("AuditWorkflow", id=f"audit-{shop.number}", task_queue=shop.task_queue)
    await run.result()
    scheduled = [
        event.activity_task_scheduled_event_attributes
        async for event in run.fetch_history_events()
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    ]
    assert {attributes.priority.priority_key for attributes in scheduled} == {BACKGROUND}
    assert len(scheduled) == 3  # a page of SFT's list, the empty one after it, and the subscriptions


async def test_an_audit_waits_for_an_sft_that_does_not_answer(shop: Seller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "LONGEST_SFT_PAUSE_SECONDS", 0.1)
    shop.platform.order(Fault(call="fetchSIM", kind="error_before", times=5))
    assert (await audited(shop)).listed == {"Pre-Active": 10}
