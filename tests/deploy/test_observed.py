"""Dashboard and alerts at a real Prometheus, which scrapes a demo and a worker that lives through everything bad."""

import dataclasses
import json
import re
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, get_args

import pytest
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle

from contract.failure import FailureType
from portal.key_watch import KeyWatch
from process import audit_metrics
from seller.client import SellerClient
from tests.support.cable import Cable, cable
from tests.support.encrypting_shop import with_keys
from tests.support.encryption_keys import ring
from tests.support.ports import free_port
from tests.support.prometheus import DEPLOY, Prometheus, prometheus
from tests.support.seller import Seller, eventually, seller
from tests.support.terminal import demo_terminal, reads
from tests.support.worker_process import worker_process
from tools.demo.story import Demonstrated
from tools.simulator.fault import Fault

pytestmark = [pytest.mark.debian, pytest.mark.timeout(240)]

DASHBOARD = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUERIES = [(panel["title"], target) for panel in PANELS for target in panel["targets"]]

SELECTOR = re.compile(r"\b(?:esim|sft|temporal)_\w+(?:\{[^}]*\})?")

FIRING = {"MessagesWaitForKey", "SaleFailed", "SftAuthenticationFailed", "StockLow", "WorkflowTasksFailing"}
"""Those of the alerts that do not wait, and have reason to fire."""

UNVERSIONED = {"deployment", "build"}
"""Labels that are empty, and so are not there, where a worker is not told its version."""


@dataclass
class Observed:
    prometheus: Prometheus
    demo: str
    """Where Prometheus scrapes the demo's worker."""
    other: str
    """Where it scrapes the worker that fares badly."""


@pytest.fixture(scope="module")
async def observed(client: Client, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Observed]:
    other = f"127.0.0.1:{free_port()}"
    async with AsyncExitStack() as stack:
        demo = await demo_terminal().start("--json", "--directory", str(tmp_path_factory.mktemp("demo")))
        stack.push_async_callback(demo.communicate)
        stack.callback(demo.send_signal, signal.SIGTERM)
        shown = Demonstrated.model_validate_json(await reads(demo, "\n}\n"))
        targets = [shown.metrics.removeprefix("http://").removesuffix("/metrics"), other]
        edge = f"127.0.0.1:{free_port()}"
        keys = KeyWatch(SellerClient(client), "PLAN")
        await stack.enter_async_context(audit_metrics.shown(edge, "PORTAL_METRICS_ADDRESS", keys.exposition))
        shop = await stack.enter_async_context(seller(client, esims=1))
        way = await stack.enter_async_context(cable(client.service_client.config.target_host))
        directory = tmp_path_factory.mktemp("prometheus")
        seen = await stack.enter_async_context(prometheus(directory, [*targets, edge]))
        record = str(directory / "sales.jsonl")
        worker = worker_process(shop, TEMPORAL_ADDRESS=way.address, METRICS_ADDRESS=other, ESIM_SALES_RECORD=record)
        await stack.enter_async_context(worker)
        await eventually(lambda: has(seen, "count(esim_worker_info) == 2"))
        await fare_badly(shop, seen, way)
        yield Observed(seen, *targets)


async def fare_badly(shop: Seller, seen: Prometheus, way: Cable) -> None:
    """Low stock, stuck runs, a refused login, a sale that is looked for, one that fails, an unknown key, and a cut."""
    await eventually(lambda: has(seen, 'ALERTS{alertname="StockLow"}'))
    await look_after(shop, seen)
    stuck = [await start_stuck(shop)]
    shop.platform.order(Fault(call="fetchSIM", kind="expired_http", times=6))
    shop.platform.order(Fault(call="SubscribeAddon", kind="answer_lost"))
    sold = await shop.sell()
    ahead = dataclasses.replace(shop, client=with_keys(shop.client, ring(1)))
    await ahead.run_of(sold.endpoint_id).signal("addon_purchased", shop.addon())
    await eventually(lambda: has(seen, 'ALERTS{alertname="MessagesWaitForKey"}'))
    with pytest.raises(WorkflowFailureError):
        await shop.sell(shop.purchase(stock_wait_seconds=1))
    # Prometheus sees no increase in what it has not seen before.
    await eventually(lambda: has(seen, "temporal_workflow_task_execution_failed_total"))
    stuck += [await start_stuck(shop) for _ in range(5)]
    await eventually(lambda: has(seen, 'ALERTS{alertname="WorkflowTasksFailing"}'))
    for run in stuck:
        await run.terminate()
    way.cut()
    await eventually(lambda: has(seen, 'ALERTS{alertname="TemporalUnreachable"}'))
    # The alert counts polls too, which fail at once; what other requests fail is seen later.
    await eventually(lambda: has(seen, "rate(temporal_request_failure_total[1m])"))


async def look_after(shop: Seller, seen: Prometheus) -> None:
    """An audit and a record of sales, as a Schedule begins them every day."""
    for kind in ("AuditWorkflow", "RecordSalesWorkflow"):
        await shop.client.execute_workflow(kind, id=f"{kind}-{next(shop.numbers)}", task_queue=shop.task_queue)
    for metric in ("esim_audit_findings", "esim_sales_recorded > 0"):
        await eventually(lambda metric=metric: has(seen, metric))  # type: ignore[misc]


async def start_stuck(shop: Seller) -> WorkflowHandle[Any, Any]:
    """A run of a workflow that no worker knows: its tasks fail again and again."""
    return await shop.client.start_workflow("Unknown", id=f"stuck-{next(shop.numbers)}", task_queue=shop.task_queue)


async def has(seen: Prometheus, expression: str) -> bool:
    return bool(await seen.query(expression))


async def test_every_expression_of_the_dashboard_has_an_answer_that_its_legend_can_name(observed: Observed) -> None:
    for title, target in QUERIES:
        samples = await observed.prometheus.query(target["expr"].replace("$__rate_interval", "1m"))
        assert samples, f"{title}: {target['expr']}"
        for label in set(re.findall(r"{{(\w+)}}", target["legendFormat"])) - UNVERSIONED:
            assert all(label in sample["metric"] for sample in samples), f"{title}: {label}"


async def test_everything_that_an_alert_asks_for_is_there(observed: Observed) -> None:
    for rule in await observed.prometheus.rules():
        assert (rule["health"], rule.get("lastError")) == ("ok", None), rule["name"]
        selectors = SELECTOR.findall(rule["query"])
        assert selectors, rule["name"]
        for selector in selectors:
            assert await observed.prometheus.get("series", **{"match[]": selector}), f"{rule['name']}: {selector}"


async def test_what_went_badly_raises_the_alerts_for_it_and_no_other(observed: Observed) -> None:
    alerts = (await observed.prometheus.get("alerts"))["alerts"]
    raised = {alert["labels"]["alertname"]: alert for alert in alerts}
    raised.pop("QueueUnattended", None)  # other tests of this server leave runs behind that nobody takes up any more
    assert set(raised) == {*FIRING, "TemporalUnreachable"}
    assert {raised[name]["state"] for name in FIRING} == {"firing"}
    assert raised["TemporalUnreachable"]["labels"]["instance"] == observed.other
    assert raised["SaleFailed"]["labels"]["outcome"] == "NoEsimAvailable"


async def test_every_alert_says_what_it_is_about_how_urgent_it_is_and_where_the_remedy_stands(
    observed: Observed,
) -> None:
    for rule in await observed.prometheus.rules():
        assert rule["labels"]["severity"] in {"critical", "warning"}, rule["name"]
        assert len(rule["annotations"].pop("summary")) <= 100, rule["name"]
        assert rule["annotations"].pop("description"), rule["name"]
        assert rule["annotations"] == {"runbook_url": f"docs/operations.md#{rule['name'].lower()}"}


async def test_a_worker_shows_every_outcome_of_a_sale_before_there_is_one(observed: Observed) -> None:
    samples = await observed.prometheus.query(f'esim_sales_total{{instance="{observed.demo}"}}')
    shown = {sample["metric"]["outcome"]: sample["value"][1] for sample in samples}
    assert shown.pop("completed") == "1"
    assert set(shown) >= set(get_args(FailureType))
    assert set(shown.values()) == {"0"}


def test_the_dashboard_asks_the_prometheus_that_is_chosen_and_explains_each_panel() -> None:
    [variable] = DASHBOARD["templating"]["list"]
    assert (variable["name"], variable["type"], variable["query"]) == ("datasource", "datasource", "prometheus")
    assert {query["datasource"]["uid"] for _, query in QUERIES} == {"${datasource}"}
    assert {panel["datasource"]["uid"] for panel in PANELS} == {"${datasource}"}
    for panel in PANELS:
        assert 0 < len(panel["title"]) <= 40, panel["title"]
        assert len(panel["description"]) > 10, panel["title"]


def test_no_two_panels_of_the_dashboard_are_in_one_place() -> None:
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in DASHBOARD["panels"])
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
