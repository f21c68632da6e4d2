"""What Prometheus sees of worker.py as a process, after sales that went well and others."""

import asyncio
import json
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, get_args

import httpx
import pytest
from temporalio.client import Client, WorkflowFailureError, WorkflowUpdateFailedError

from contract.addon import Addon
from contract.esim import ProvisionedEsim
from contract.failure import FailureType
from tests.support.histories import surplus_removed
from tests.support.metrics_scrape import Scrape
from tests.support.ports import free_port
from tests.support.seller import Seller, eventually, seller
from tests.support.worker_process import worker_process
from tools.simulator.fault import Fault

LINE_FIELDS = {"time", "level", "logger", "message"}


@dataclass
class Seen:
    """A worker that has worked, what could be seen of it, and what it logged."""

    shop: Seller
    sold: ProvisionedEsim
    addon: Addon
    stuck: str
    calls: Counter[str]
    """To SFT, by SFT's own count."""
    scrape: Scrape
    ready: list[httpx.Response]
    lines: list[dict[str, Any]]
    returncode: int | None


@pytest.fixture(scope="module")
async def seen(client: Client) -> AsyncIterator[Seen]:
    """Two sales with calls that were not answered, a top-up, a refused one, and a stuck sale that is cancelled."""
    metrics, readiness = free_port(), free_port()
    async with seller(client) as shop:
        shop.platform.order(Fault(call="SubscribeAddon", kind="answer_lost"))
        shop.platform.order(Fault(call="EndPointLifeCycleChange", kind="answer_lost"))
        async with worker_process(
            shop,
            METRICS_ADDRESS=f"127.0.0.1:{metrics}",
            READINESS_ADDRESS=f"localhost:{readiness}",
            LOG_FORMAT="json",
            LOG_LEVEL="DEBUG",
            TEMPORAL_DEPLOYMENT_NAME="",
            SFT_TIMEOUT_SECONDS="2",
            SFT_SLOW_TIMEOUT_SECONDS="2",
        ) as worker:
            sold = await asyncio.wait_for(shop.sell(), 100)
            run = shop.run_of(sold.endpoint_id)
            addon = await run.execute_update("purchase_addon", shop.addon(), result_type=Addon)
            with pytest.raises(WorkflowUpdateFailedError):
                await run.execute_update("purchase_addon", shop.addon(plan_id="PLAN-UNHEARD-OF"))
            shop.platform.order(Fault(call="SubscribeAddon", kind="late", after_calls=3))
            await surplus_removed(shop, (await asyncio.wait_for(shop.sell(), 100)).endpoint_id)
            stuck = await shop.start(shop.purchase(plan_id="PLAN-UNHEARD-OF"))
            await shop.reaches(stuck, "needs_attention")
            await stuck.cancel()
            with pytest.raises(WorkflowFailureError):
                await asyncio.wait_for(stuck.result(), 100)
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{readiness}", trust_env=False) as http:
                ready = [await http.get(path) for path in ("/ready", "/live")]

            async def all_shown() -> Scrape | None:
                scrape = await asyncio.to_thread(Scrape, metrics)
                return scrape if scrape.samples("esim_purchases_waiting") else None  # what is looked for now and then

            scrape, calls = await eventually(all_shown), Counter[str](shop.platform.calls)
            worker.send_signal(signal.SIGTERM)
            _, log = await asyncio.wait_for(worker.communicate(), 100)
            lines = [json.loads(line) for line in log.decode().splitlines()]
            yield Seen(shop, sold, addon, stuck.id, calls, scrape, ready, lines, worker.returncode)


OURS = (
    *("esim_sales_total", "esim_addons_total", "sft_calls_total", "sft_unanswered_total"),
    *("esim_installable_seconds_bucket", "sft_call_duration_seconds_bucket"),
    *("esim_purchases_waiting", "esim_worker_info", "temporal_workflow_completed_total"),
)


def test_every_name_is_spelled_as_alerts_and_dashboards_have_it(seen: Seen) -> None:
    missing = [name for name in OURS if f"\n{name}{{" not in seen.scrape.text]  # as it stands: the parser mends names
    assert not missing


def test_sales_and_addons_are_counted_by_how_they_ended(seen: Seen) -> None:
    assert seen.scrape.total("esim_sales_total", outcome="completed") == 2
    assert seen.scrape.total("esim_sales_total", outcome="Cancelled") == 1
    assert seen.scrape.total("esim_addons_total", outcome="provisioned") == 1
    assert seen.scrape.total("esim_addons_total", outcome="AddonRejected") == 1


def test_what_has_not_happened_yet_is_shown_as_zero(seen: Seen) -> None:
    for outcome in {*get_args(FailureType), "Unforeseen"} - {"Cancelled"}:
        assert seen.scrape.total("esim_sales_total", outcome=outcome) == 0
    assert seen.scrape.total("sft_unanswered_total", call="EndPointLifeCycleChange", became="sent_again") == 0


def test_calls_to_sft_are_counted_and_timed_those_for_tokens_too(seen: Seen) -> None:
    for call in ("login", "fetchSIM", "EndPointLifeCycleChange", "SubscribeAddon", "GetEndPointProfile"):
        assert seen.scrape.total("sft_calls_total", call=call, outcome="ok") >= 1
        calls = seen.scrape.total("sft_calls_total", call=call)
        assert calls == seen.calls[call]
        assert seen.scrape.total("sft_call_duration_seconds_count", call=call) == calls
        assert seen.scrape.total("sft_call_duration_seconds_bucket", call=call, le="190") == calls
    assert seen.scrape.total("sft_calls_total", call="SubscribeAddon", outcome="rejected") == 2
    assert seen.scrape.total("sft_calls_total", call="SubscribeAddon", outcome="unanswered") == 2
    assert seen.scrape.total("sft_calls_total", call="EndPointLifeCycleChange", outcome="unanswered") == 1


def test_what_became_of_calls_that_were_not_answered_is_counted(seen: Seen) -> None:
    for call in ("SubscribeAddon", "EndPointLifeCycleChange"):
        assert seen.scrape.total("sft_unanswered_total", call=call, became="done") == 1
    assert seen.scrape.total("sft_unanswered_total", call="SubscribeAddon", became="sent_again") == 1
    assert seen.scrape.total("sft_unanswered_total", call="SubscribeAddon", became="done_late") == 1


def test_the_time_to_an_installable_esim_is_measured(seen: Seen) -> None:
    assert seen.scrape.total("esim_installable_seconds_count") == 2
    assert 0 < seen.scrape.total("esim_installable_seconds_sum") < 120
    assert seen.scrape.total("esim_installable_seconds_bucket", le="86400") == 2


def test_the_worker_and_the_sdk_show_themselves(seen: Seen) -> None:
    assert seen.scrape.total("esim_worker_info", deployment="", build="") == 1
    assert seen.scrape.total("esim_worker_current") == 1
    assert seen.scrape.total("esim_purchases_waiting", step="waiting_for_stock") == 0
    assert seen.scrape.total("temporal_workflow_completed_total", workflow_type="ProvisionEsimWorkflow") == 2
    assert "temporal_activity_execution_latency_seconds" in seen.scrape.families


def test_each_series_is_shown_once(seen: Seen) -> None:
    samples = [sample for family in seen.scrape.families.values() for sample in family.samples]
    shown = Counter((sample.name, *sorted(sample.labels.items())) for sample in samples)
    assert shown.most_common(1)[0][1] == 1


def test_no_label_holds_an_id(seen: Seen) -> None:
    labels = {value for family in seen.scrape.families.values() for s in family.samples for value in s.labels.values()}
    for word in (seen.sold.endpoint_id, seen.sold.addon.purchase_id, seen.addon.purchase_id, seen.sold.iccid):
        assert not [label for label in labels if word in label]


def test_a_worker_that_works_is_ready_and_alive(seen: Seen) -> None:
    assert [(answer.status_code, answer.json()) for answer in seen.ready] == [
        (200, {"ready": True}),
        (200, {"live": True}),
    ]
    assert seen.returncode == 0


def test_a_worker_without_keys_says_that_nothing_is_encrypted(seen: Seen) -> None:
    [warning] = [line for line in seen.lines if "NOTHING IS ENCRYPTED" in line["message"]]
    assert warning["level"] == "WARNING"


def test_no_secret_is_logged_not_even_by_libraries_at_their_most_talkative(seen: Seen) -> None:
    log = json.dumps(seen.lines)
    assert "httpcore" in log
    for secret in (seen.sold.activation_code, str(seen.sold.msisdn), "demo-password", "eyJ"):
        assert secret not in log


def test_every_line_that_work_logs_says_what_it_is_about_also_those_of_libraries(seen: Seen) -> None:
    assert all(set(line) >= LINE_FIELDS for line in seen.lines)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"]) for line in seen.lines)
    sent = [line for line in seen.lines if line["logger"] == "httpx" and "SubscribeAddon" in line["message"]]
    assert {line["activity_type"] for line in sent} == {"provision_addon"}
    of_sale = next(line for line in sent if line["workflow_id"] == seen.stuck)
    of_addon = next(line for line in sent if line["workflow_id"] == seen.sold.subscription_id)
    assert of_sale["purchase_id"] == seen.stuck.removeprefix("provision-")
    assert of_addon["endpoint_id"] == seen.sold.endpoint_id != of_sale["endpoint_id"]
    assert of_sale["run_id"] != of_addon["run_id"]
    [failed] = [
        line
        for line in seen.lines
        if "Completing activity as failed" in line["message"]
        and (line["activity_type"], line["workflow_id"]) == ("provision_addon", seen.stuck)
    ]
    assert failed["endpoint_id"] == of_sale["endpoint_id"]
    assert "AddonRejected" in failed["exc_info"] or "refused" in failed["exc_info"]
