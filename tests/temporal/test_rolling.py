"""Rolling from one build of the worker to the next, and back, on a real server with runs in flight."""

import asyncio
import dataclasses
import shlex
import sys
from asyncio.subprocess import PIPE
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from temporalio import activity
from temporalio import client as client_side
from temporalio import worker as worker_side
from temporalio.api.deployment.v1 import WorkerDeploymentVersion as Version
from temporalio.api.enums.v1 import RoutingConfigUpdateState
from temporalio.api.enums.v1 import WorkerDeploymentVersionStatus as Status
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    DescribeWorkerDeploymentVersionRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.service import RPCError
from temporalio.worker import ActivityInboundInterceptor as Inbound

from contract.esim import ProvisionedEsim
from contract.purchase import PlanAmendment
from temporal.rollout import NotCurrent, make_current
from tests.support.metrics_scrape import Scrape
from tests.support.ports import free_port
from tests.support.seller import PLAN, PRODUCT, Run, Seller, eventually, seller
from tests.support.terminal import terminal_of
from tests.support.worker_process import ended_worker, worker_process
from tools.simulator.fault import Fault

SOLD, REFUSED, CALLING, WAITING = 6, 15, 5, 4
"""Purchases: done, refused by SFT and waiting for an amendment, in the middle of a call, waiting for stock. All but the
last have a subscription that runs, and all but the first run themselves: 50 runs."""

Builds = dict[str, set[str]]
"""On which builds the activities of each workflow ran."""


class Witness(client_side.Interceptor, worker_side.Interceptor):
    """Sees whose activities one build runs."""

    def __init__(self, build_id: str, seen: Builds) -> None:
        self.build_id = build_id
        self.seen = seen

    def intercept_activity(
        self, next: worker_side.ActivityInboundInterceptor
    ) -> worker_side.ActivityInboundInterceptor:
        return _Seen(next, self)


class _Seen(Inbound):
    def __init__(self, next: Inbound, witness: Witness) -> None:
        super().__init__(next)
        self._witness = witness

    async def execute_activity(self, input: worker_side.ExecuteActivityInput) -> object:
        self._witness.seen[activity.info().workflow_id or ""].add(self._witness.build_id)
        return await super().execute_activity(input)


class Rollout:
    """A seller whose workers are versions of a deployment."""

    def __init__(self, shop: Seller) -> None:
        self.shop = shop
        self.client = shop.client
        self.name = f"esim-{shop.number}"
        self.activities: Builds = defaultdict(set)

    @asynccontextmanager
    async def build(self, build_id: str) -> AsyncIterator[None]:
        """Runs the workers of a build for as long as the block lasts."""
        version = {"temporal_deployment_name": self.name, "temporal_worker_build_id": build_id}
        witness = Witness(build_id, self.activities)
        workers = dataclasses.replace(self.shop, settings=self.shop.settings | version, interceptors=[witness])
        async with workers.working():
            yield

    async def make_current(self, build_id: str) -> None:
        """As soon as the server has heard of the build, and until all task queues have heard of it being current."""
        request = SetWorkerDeploymentCurrentVersionRequest(
            namespace=self.client.namespace, deployment_name=self.name, build_id=build_id
        )

        async def is_set() -> bool:
            try:
                await self.client.workflow_service.set_worker_deployment_current_version(request)
            except RPCError:
                return await _later()
            return True

        async def is_everywhere() -> bool:
            described = await self.client.workflow_service.describe_worker_deployment(
                DescribeWorkerDeploymentRequest(namespace=self.client.namespace, deployment_name=self.name)
            )
            state = described.worker_deployment_info.routing_config_update_state
            return state == RoutingConfigUpdateState.ROUTING_CONFIG_UPDATE_STATE_COMPLETED or await _later()

        await eventually(is_set)
        await eventually(is_everywhere)

    async def becomes(self, build_id: str, wanted: Status.ValueType) -> None:
        version = Version(deployment_name=self.name, build_id=build_id)
        request = DescribeWorkerDeploymentVersionRequest(namespace=self.client.namespace, deployment_version=version)

        async def is_so() -> bool:
            try:
                described = await self.client.workflow_service.describe_worker_deployment_version(request)
            except RPCError:
                return await _later()
            return described.worker_deployment_version_info.status == wanted or await _later()

        await eventually(is_so)

    async def builds_of(self, workflow_id: str) -> list[str]:
        """The builds that the workflow's tasks were done by, each once, in order."""
        builds: list[str] = []
        async for event in self.client.get_workflow_handle(workflow_id).fetch_history_events():
            done = event.workflow_task_completed_event_attributes
            build_id = done.deployment_version.build_id
            if event.HasField("workflow_task_completed_event_attributes") and build_id not in builds[-1:]:
                builds.append(build_id)
        return builds


async def _later() -> bool:
    """Not yet: the server answers all of this from workflows of its own, and tires of being asked."""
    await asyncio.sleep(0.2)
    return False


async def sold_before(shop: Seller) -> list[ProvisionedEsim]:
    """Purchases that are done: nothing of them runs but their subscriptions."""
    return await asyncio.gather(*(shop.sell() for _ in range(SOLD)))


async def held(shop: Seller, fault: Fault) -> list[Run]:
    """Purchases that are held up by as many faults."""
    shop.platform.order(fault)
    runs = [await shop.start() for _ in range(fault.times)]

    async def hit_all() -> bool:
        return shop.platform.faults[fault.kind] == fault.times

    await eventually(hit_all)
    return runs


async def waiting_for_stock(shop: Seller) -> list[Run]:
    runs = [await shop.start() for _ in range(WAITING)]
    for run in runs:
        await shop.reaches(run, "waiting_for_stock")
    return runs


@pytest.mark.alone
@pytest.mark.long
async def test_a_roll_with_50_runs_in_flight_loses_none_and_purchases_end_on_the_build_they_began_on(
    client: Client,
) -> None:
    async with seller(client, esims=SOLD + REFUSED + CALLING) as shop, AsyncExitStack() as newer:
        shop.settings = {"sft_timeout_seconds": 20, "sft_slow_timeout_seconds": 20}
        rollout = Rollout(shop)
        async with rollout.build("A"):
            await rollout.make_current("A")
            sold = await sold_before(shop)
            refused = await held(shop, Fault(call="SubscribeAddon", kind="rejected", times=REFUSED))
            calling = await held(shop, Fault(call="SubscribeAddon", kind="delay", delay_seconds=3, times=CALLING))
            began_on_a = [*refused, *calling, *await waiting_for_stock(shop)]
            assert await running(shop) == 50
            await newer.enter_async_context(rollout.build("B"))
            await rollout.make_current("B")
            began_on_b = await shop.start()
            amendment = PlanAmendment(product=PRODUCT, plan_id=PLAN)
            await asyncio.gather(*(run.execute_update("amend_plan", amendment) for run in refused))
            shop.platform.add_esims(WAITING + 1)
            sold += await asyncio.gather(*(run.result() for run in [*began_on_a, began_on_b]))
            for run in began_on_a:
                assert (await rollout.builds_of(run.id), rollout.activities[run.id]) == (["A"], {"A"})
            assert (await rollout.builds_of(began_on_b.id), rollout.activities[began_on_b.id]) == (["B"], {"B"})
            await rollout.becomes("A", Status.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED)
        await top_up(rollout, sold[::3], on="B")
        await assert_nothing_lost(shop, sold, topped_up=sold[::3])
        async with rollout.build("A"):
            await rollout.make_current("A")
            await top_up(rollout, sold[:2], on="A")


async def running(shop: Seller) -> int:
    sold = "WorkflowType IN ('ProvisionEsimWorkflow', 'TravelerSubscriptionWorkflow')"
    query = f"TaskQueue = '{shop.task_queue}' AND ExecutionStatus = 'Running' AND {sold}"
    return (await shop.client.count_workflows(query)).count


async def top_up(rollout: Rollout, esims: list[ProvisionedEsim], on: str) -> None:
    """Buys one more add-on for each, on this build, which has the activities done by its own workers."""
    rollout.activities.clear()
    shop = rollout.shop
    runs = [shop.run_of(esim.endpoint_id) for esim in esims]
    await asyncio.gather(*(run.execute_update("purchase_addon", shop.addon()) for run in runs))
    assert {(await rollout.builds_of(run.id))[-1] for run in runs} == {on}
    assert {build for run in runs for build in rollout.activities[run.id]} == {on}


async def assert_nothing_lost(shop: Seller, sold: list[ProvisionedEsim], topped_up: list[ProvisionedEsim]) -> None:
    """Each purchase has an endpoint of its own, active and with nothing on it but what was bought."""
    assert len({esim.endpoint_id for esim in sold}) == len(sold) == len(shop.platform.endpoints)
    for esim in sold:
        endpoint, subscription = shop.platform.endpoint(esim.endpoint_id), await shop.subscription(esim.endpoint_id)
        assert (endpoint.status, subscription.status) == ("Active", "active")
        assert [addon.unique_id for addon in subscription.addons] == [addon.unique_id for addon in endpoint.addons]
        assert endpoint.addons[0].unique_id == esim.addon.unique_id
        assert len(endpoint.addons) == (2 if esim in topped_up else 1)
        assert not endpoint.removed_addons


async def test_workers_that_become_a_version_say_what_is_missing_and_go_on_with_what_was_begun_without(
    client: Client,
) -> None:
    async with seller(client, esims=3) as shop:
        async with shop.working():
            sold = [await shop.sell()]
            [refused] = await held(shop, Fault(call="SubscribeAddon", kind="rejected"))
            await shop.reaches(refused, "needs_attention")
        rollout = Rollout(shop)
        metrics = free_port()
        version = {"TEMPORAL_DEPLOYMENT_NAME": rollout.name, "TEMPORAL_WORKER_BUILD_ID": "A"}
        version["METRICS_ADDRESS"] = f"127.0.0.1:{metrics}"
        async with worker_process(shop, new_python=False, **version) as worker:
            assert worker.stderr is not None
            warning = await line_with("set-current-version", worker.stderr)
            assert f"Build A of {rollout.name} is not current, and gets no work" in warning
            assert Scrape(metrics).total("esim_worker_current") == 0
            await carry_out(shop, warning[warning.index("temporal worker deployment") :])
            assert "is current" in await line_with("Build A", worker.stderr)
            assert Scrape(metrics).total("esim_worker_current") == 1
            await refused.execute_update("amend_plan", PlanAmendment(product=PRODUCT, plan_id=PLAN))
            sold += [await refused.result(), await shop.sell()]
            runs = [shop.run_of(esim.endpoint_id) for esim in sold]
            await asyncio.gather(*(run.execute_update("purchase_addon", shop.addon()) for run in runs))
            builds = [await rollout.builds_of(run.id) for run in [*runs, refused]]
            assert builds == [["", "A"], ["", "A"], ["A"], ["", "A"]]
            await assert_nothing_lost(shop, sold, topped_up=sold)


async def test_nothing_is_started_while_the_version_of_the_workers_that_poll_is_not_current(client: Client) -> None:
    async with seller(client) as shop, (rollout := Rollout(shop)).build("A"):
        await rollout.becomes("A", Status.WORKER_DEPLOYMENT_VERSION_STATUS_INACTIVE)
        end = await terminal_of(shop).run("provision", "Wakanda Daily", "--purchase-id", "P-not-current")
        assert (end.code, end.output) == (1, "")
        assert end.sentence.startswith(f"No worker without a version polls task queue {shop.task_queue}; start one, or")
        waits = await shop.start()
        stands = await terminal_of(shop).run("why", waits.id, "--json")
        assert end.sentence in stands.document["missing_workers"]
        assert stands.document["task_not_taken_since"]
        await carry_out(shop, end.sentence[end.sentence.index("temporal worker deployment") :])
        end = await terminal_of(shop).run("provision", "Wakanda Daily", "--purchase-id", "P-current")
        assert end.code == 0, end.errors
        [refused] = await held(shop, Fault(call="SubscribeAddon", kind="rejected"))
        await shop.reaches(refused, "needs_attention")
        why = (await terminal_of(shop).run("why", refused.id)).output
        assert f"build A of {rollout.name} and no other; its workers last asked for work at " in why
        subscription = f"subscription-{(await shop.progress(refused)).endpoint_id}"
        assert "and no other" not in (await terminal_of(shop).run("why", subscription)).output


async def test_a_build_is_made_current_while_its_workers_are_still_starting(client: Client) -> None:
    async with seller(client, esims=1) as shop:
        rollout = Rollout(shop)
        version = {"TEMPORAL_DEPLOYMENT_NAME": rollout.name, "TEMPORAL_WORKER_BUILD_ID": "A"}
        address = {"TEMPORAL_ADDRESS": client.service_client.config.target_host}
        unknown = f"Build A of {rollout.name} is not known to the Temporal server: start workers of it first"
        with pytest.raises(NotCurrent, match=unknown):
            await make_current(client, WorkerDeploymentVersion(rollout.name, "A"), patience=0)
        waiting = asyncio.create_task(ended_worker("--make-current", **address, **version))
        async with worker_process(shop, new_python=False, **version):
            made = await waiting
            assert (made.code, made.output) == (0, f"Current: build A of {rollout.name}\n"), made.errors
            await shop.sell()
        ended = await ended_worker("--make-current", **address)
        assert (ended.code, ended.output) == (1, "")
        assert ended.errors.startswith("TEMPORAL_DEPLOYMENT_NAME and TEMPORAL_WORKER_BUILD_ID are not set")


async def line_with(words: str, log: asyncio.StreamReader) -> str:
    async for line in log:
        if words in (text := line.decode()):
            return text
    raise AssertionError(f"{words} was never logged")


async def carry_out(shop: Seller, command: str) -> None:
    """Types what was shown, at the server of the tests."""
    program, *words = shlex.split(command)
    address = shop.client.service_client.config.target_host
    process = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).parent / program), *words, "--address", address, "--yes"),
        stdout=PIPE,
        stderr=PIPE,
    )
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
