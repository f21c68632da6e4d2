"""What recorded histories tell, without a server: the same words for the same events, whoever recorded them."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.enums.v1 import ApplicationErrorCategory, PendingActivityState, TimeoutType
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import WorkflowHistory

from seller.timeline.fact import Fact, What
from seller.timeline.opened import OpenedRun
from seller.timeline.run_facts import facts_of
from tests.support.histories import NEWEST


def recorded(path: str, workflow: str) -> list[OpenedRun]:
    """The runs of one workflow that came of a path, oldest first."""
    runs = []
    for file in sorted(NEWEST.glob(f"{path}-*-{workflow}Workflow.json")):
        document = json.loads(file.read_text())
        events = WorkflowHistory.from_json(document["workflow_id"], document["history"]).events
        runs.append(OpenedRun(document["workflow_id"], file.stem, f"{workflow}Workflow", events))
    assert runs
    return runs


def told(path: str, workflow: str = "ProvisionEsim") -> list[Fact]:
    return facts_of(recorded(path, workflow))


def kinds(facts: list[Fact]) -> list[What]:
    return [fact.what for fact in facts]


def said(facts: list[Fact], what: What) -> list[str]:
    return [fact.said for fact in facts if fact.what == what]


def test_a_plain_sale_is_told_step_by_step() -> None:
    facts = told("plain_sale")
    assert kinds(facts) == ["bought", "found", "claimed", "activated", "provisioned", "sold"]
    assert re.search(r"Wakanda 30Days / 30GB \(PLAN-\S+\) for traveler T-42 as purchase P-", facts[0].said)
    assert facts == sorted(facts, key=lambda fact: fact.at)


def test_what_sft_did_not_answer_is_told_with_what_became_of_it() -> None:
    adopted = told("adoption")
    assert kinds(adopted)[-3:] == ["unanswered", "adopted", "sold"]
    assert "SubscribeAddon: the connection broke before an answer came" in said(adopted, "unanswered")[0]
    assert "uniqueId 7000001 is there, and is taken for purchase P-" in said(adopted, "adopted")[0]
    again = told("handed_over_in_doubt")
    assert kinds(again)[-5:] == ["unanswered", "looked", "sent_again", "provisioned", "sold"]
    late = told("handed_over_in_doubt", "TravelerSubscription")
    assert "which SFT made late and nobody bought" in said(late, "removed")[0]
    activated = told("unanswered_activation")
    assert "SFT had done what it did not answer: endpoint" in said(activated, "adopted")[0]
    assert "certainly did not do it" in said(told("not_sent"), "unanswered")[0]


def test_a_refusal_has_the_call_the_code_and_the_words_and_an_amendment_follows_on_it() -> None:
    facts = told("amended_plan")
    assert "SubscribeAddon: SFT refused with code 6110: Invalid add-on plan" in said(facts, "refused")[0]
    assert [what for what in kinds(facts) if what in ("waits", "ordered", "provisioned")] == [
        *("waits", "ordered", "provisioned")
    ]


def test_a_suspension_says_who_ordered_it_and_why_and_which_purchase_waits_for_it() -> None:
    facts = told("suspended_and_resumed", "TravelerSubscription")
    assert "Ordered to suspend it, by nobody named: non payment." in said(facts, "ordered")
    assert [
        one for one in said(facts, "bought") if "It waits: the eSIM is suspended, as nobody named ordered at 20" in one
    ]
    looked = kinds(facts).index("looked")
    assert kinds(facts)[looked : looked + 3] == ["looked", "sent_again", "resumed"]
    assert "(system; ordered by nobody named)" in said(facts, "resumed")[0]
    [refused, _] = said(facts, "refused")
    assert "to make endpoint" in refused
    [answer] = said(facts, "failed")
    assert answer.startswith("The answer to close: Suspend endpoint")


def test_readings_say_what_is_left_what_vanished_and_what_nobody_bought() -> None:
    facts = told("used", "TravelerSubscription")
    assert "29.0 of 30.0 GB left" in said(facts, "read")[0]
    assert "it had 3.0 of 30.0 GB left" in said(facts, "vanished")[0]
    assert said(facts, "appeared") == [
        "On the endpoint, and bought by nobody here: add-on PLAN-WAKANDA-30D-30GB with uniqueId 7000003."
    ]
    assert [one for one in said(facts, "told") if one.startswith("Mail addon_used_80_percent to t…@example.com")]
    assert [one for one in said(facts, "unanswered") if "SFT did not tell what is left" in one]
    assert not [one for one in facts if "traveler@example.com" in one.said]


def test_a_reading_is_known_by_its_shape_whatever_took_it() -> None:
    runs = recorded("used", "TravelerSubscription")
    for event in (event for run in runs for event in run.events):
        if event.activity_task_scheduled_event_attributes.activity_type.name == "read_usage":
            event.activity_task_scheduled_event_attributes.activity_type.name = "another"
        completed = event.activity_task_completed_event_attributes
        for payload in completed.result.payloads:
            if b'"instances"' in payload.data:
                payload.data = b'{"reading": ' + payload.data + b"}"
    assert said(facts_of(runs), "vanished")


def test_the_runs_that_an_esim_went_on_in_are_one_story() -> None:
    facts = told("top_ups", "TravelerSubscription")
    assert len(said(facts, "bought")) == 13
    assert all("came once more" not in one for one in said(facts, "bought"))
    assert len(said(facts, "provisioned")) == 12
    assert all(fact.about for fact in facts if fact.what in ("provisioned", "refused"))
    assert "by itself" in said(facts, "suspended")[0]
    assert said(facts, "closed") == ["It is closed for good."]


def test_a_purchase_that_failed_and_comes_again_is_another_attempt_and_nonsense_is_none() -> None:
    facts = told("bought_by_update", "TravelerSubscription")
    assert [one for one in said(facts, "bought") if one.startswith("Bought again, after it failed")]
    assert "sent_again" not in kinds(facts)
    nonsense, nothing = said(facts, "unreadable")
    assert re.fullmatch(r"Signal addon_purchased came, and was ignored: its input: .*", nonsense)
    assert nothing.endswith("and was ignored: it has no inputs, and not one.")


@pytest.mark.parametrize("nonsense", [b"[" * 100_000, b'{"name": "\\ud800", "reason": "\\udfff"}'])
def test_what_nobody_can_read_or_show_hides_nothing_else(nonsense: bytes) -> None:
    [run] = recorded("plain_sale", "TravelerSubscription")
    kept = kinds(facts_of([run]))
    signal = HistoryEvent(event_id=10_000)
    sent = signal.workflow_execution_signaled_event_attributes
    sent.signal_name = "name_esim"
    sent.input.CopyFrom(Payloads(payloads=[Payload(metadata={"encoding": b"json/plain"}, data=nonsense)]))
    found = facts_of([replace(run, events=[*run.events, signal])])
    assert kinds(found) == [*kept, "ordered"]
    assert "".join(fact.said for fact in found).encode()


def test_an_order_that_the_run_cannot_have_taken_is_told_as_that_with_what_is_wrong() -> None:
    [run] = recorded("plain_sale", "TravelerSubscription")
    signals = [event for event in run.events if event.HasField("workflow_execution_signaled_event_attributes")]
    signal = signals[-1].workflow_execution_signaled_event_attributes
    signal.signal_name, signal.identity = "suspend_requested", "crm"
    payload = Payload(metadata={"encoding": b"json/plain"}, data=b'{"reason": "because"}')
    signal.input.CopyFrom(Payloads(payloads=[payload]))
    facts = facts_of([run])
    [wrong] = said(facts, "unreadable")
    assert re.fullmatch(r"Signal suspend_requested came by crm, and was ignored: reason: Input should be .*", wrong)
    assert not said(facts, "ordered")


def test_a_worker_that_died_is_not_blamed_on_sft_and_whoever_asked_is_named() -> None:
    [run] = recorded("adoption", "ProvisionEsim")
    for event in run.events:
        if event.HasField("activity_task_started_event_attributes"):
            event.activity_task_started_event_attributes.identity = "7@w1"
        if event.HasField("activity_task_failed_event_attributes"):
            number = event.activity_task_failed_event_attributes.scheduled_event_id
            timed_out = Failure(message="activity Heartbeat timeout")
            timed_out.timeout_failure_info.timeout_type = TimeoutType.TIMEOUT_TYPE_HEARTBEAT
            event.activity_task_timed_out_event_attributes.failure.CopyFrom(timed_out)
            event.activity_task_timed_out_event_attributes.scheduled_event_id = number
    [unanswered] = said(facts_of([run]), "unanswered")
    assert (
        "may have done it: the worker that had it was not heard of any more: it died, or hung (worker 7@w1)."
        in unanswered
    )


def test_what_nobody_could_be_told_says_why_not() -> None:
    facts = told("waiting_for_stock", "TellPortal")
    assert kinds(facts) == ["waits", "told"]
    [run] = recorded("waiting_for_stock", "TellPortal")
    scheduled = next(event for event in run.events if event.HasField("activity_task_scheduled_event_attributes"))
    activity_id = scheduled.activity_task_scheduled_event_attributes.activity_id
    failure = Failure(message="the portal answered with status 500")
    failure.application_failure_info.type = "EventNotTaken"
    pending = PendingActivityInfo(activity_id=activity_id, attempt=7, last_failure=failure)
    open_still = OpenedRun(run.workflow_id, "", run.workflow_type, run.events[: scheduled.event_id], pending=[pending])
    facts = facts_of([open_still])
    [told_last] = said(facts, "not_told")
    assert facts[-1].is_open
    assert "the portal answered with status 500; tried 6 times in vain so far" in told_last
    failure.application_failure_info.category = ApplicationErrorCategory.APPLICATION_ERROR_CATEGORY_BENIGN
    pending.last_failure.CopyFrom(failure)
    assert kinds(facts_of([open_still])) == ["waits"]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (
            "SCHEDULED",
            "SFT was not asked to list available eSIMs yet: no worker has taken that up, or calls to SFT wait",
        ),
        ("STARTED", "SFT is being asked to list available eSIMs, and has not answered yet (worker 7@w1)."),
        ("PAUSED", "SFT was not asked to list available eSIMs yet: an operator has paused that."),
    ],
)
def test_a_first_call_that_has_not_ended_says_what_it_waits_for(state: str, words: str) -> None:
    [run] = recorded("plain_sale", "ProvisionEsim")
    scheduled = next(event for event in run.events if event.HasField("activity_task_scheduled_event_attributes"))
    pending = PendingActivityInfo(
        activity_id=scheduled.activity_task_scheduled_event_attributes.activity_id,
        attempt=1,
        state=PendingActivityState.Value(f"PENDING_ACTIVITY_STATE_{state}"),
        last_worker_identity="7@w1",
    )
    facts = facts_of([replace(run, events=run.events[: scheduled.event_id], pending=[pending])])
    assert kinds(facts) == ["bought", "waits"]
    assert facts[-1].said.startswith(words)
    assert facts[-1].is_open


def test_the_http_status_that_an_answer_had_is_told_where_the_words_do_not_name_it() -> None:
    [run] = recorded("adoption", "ProvisionEsim")
    for event in run.events:
        if event.HasField("activity_task_failed_event_attributes"):
            failure = event.activity_task_failed_event_attributes.failure
            failure.message = "SubscribeAddon: SFT reports that the operation timed out"
            details = Payload(metadata={"encoding": b"json/plain"}, data=b'{"http_status": 504}')
            failure.application_failure_info.details.CopyFrom(Payloads(payloads=[details]))
    assert (
        "SubscribeAddon: SFT reports that the operation timed out (HTTP 504)" in said(facts_of([run]), "unanswered")[0]
    )


@pytest.mark.parametrize("reason", ["cleaning up", ""])
def test_a_termination_says_by_whom_and_what_brings_it_back(reason: str) -> None:
    [run] = recorded("plain_sale", "TravelerSubscription")
    last = HistoryEvent(event_id=len(run.events) + 1)
    last.event_time.FromDatetime(datetime(2026, 11, 1, tzinfo=UTC))
    last.workflow_execution_terminated_event_attributes.identity = "alex@desk"
    last.workflow_execution_terminated_event_attributes.reason = reason
    ended = OpenedRun(run.workflow_id, run.run_id, run.workflow_type, [*run.events, last])
    [words] = said(facts_of([ended]), "terminated")
    assert words.startswith("The subscription was terminated by alex@desk")
    assert (reason or "who gave no reason") in words
    assert words.endswith(f". starter.py restore {run.workflow_id} brings it back.")


def test_no_fact_of_any_history_holds_an_activation_code() -> None:
    for file in NEWEST.glob("*.json"):
        path, _, workflow = file.stem.rsplit("-", 2)
        for fact in told(path, workflow.removesuffix("Workflow")):
            assert "LPA:" not in fact.said
    assert "LPA:" not in Fact.of(datetime.now(UTC), "refused", "SFT said LPA:1$smdp$secret-7", "r").said


@pytest.mark.parametrize(
    ("result", "what", "words"),
    [
        ({"was_suspended": True}, "suspended", "SFT suspended endpoint 4000001, which was active and nobody's."),
        (
            {"was_suspended": False, "why_not": "somebody holds it"},
            "looked",
            "Left as it is: endpoint 4000001: somebody",
        ),
    ],
)
def test_what_an_audit_found_active_and_nobodys_is_told_as_suspended_or_left(
    result: dict[str, object], what: What, words: str
) -> None:
    scheduled, completed = HistoryEvent(event_id=5), HistoryEvent(event_id=7)
    asked = scheduled.activity_task_scheduled_event_attributes
    asked.activity_type.name = "suspend_unowned"
    asked.input.payloads.add(metadata={"encoding": b"json/plain"}, data=b'{"endpoint_id": "4000001"}')
    done = completed.activity_task_completed_event_attributes
    done.scheduled_event_id = 5
    done.result.payloads.add(metadata={"encoding": b"json/plain"}, data=json.dumps(result).encode())
    [fact] = facts_of([OpenedRun("suspend-unowned-4000001", "", "SuspendUnownedWorkflow", [scheduled, completed])])
    assert fact.what == what
    assert fact.said.startswith(words)
