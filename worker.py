"""The worker: puts settings, clients, activities and workflows together, and runs them until it is told to stop."""

import asyncio
import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from pydantic import Field
from temporalio.client import Client
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker, WorkflowRunner

from activities.account import SftAccount
from activities.addons import AddonActivities
from activities.adoptions import AdoptionActivities
from activities.audit import AuditActivities
from activities.deliveries import DeliveryActivities
from activities.esims import EsimActivities
from activities.events import EventActivities
from activities.heartbeat import Heartbeats
from activities.inventory import Inventory
from activities.keys import KeyActivities
from activities.last_state import LastStateActivities
from activities.messages import Channel
from activities.plans import PlanActivities
from activities.runs import RunActivities
from activities.sales_record import SalesRecordActivities, count_recorded
from activities.settings import SftSettings
from activities.stock import StockActivities
from activities.stock_queue import StockQueueActivities
from activities.usage import LOOKS_AT_ONCE, UsageActivities
from contract.amounts import DataUnits
from contract.task_queues import events_task_queue, looks_task_queue
from delivery.settings import DeliverySettings
from delivery.webhook import Webhook
from observability.log import start_logging
from observability.metrics import Metrics
from observability.observation import observed
from observability.settings import LogSettings, ObservedSettings
from observability.sft_calls import SftCalls, SftLogins, SftRefusals
from observability.tracing import CannotTrace, traced
from observability.undelivered import undelivered
from observability.work import Inputs
from process import audit
from process.address import CannotListen
from process.audit_settings import AuditSettings
from process.exit import leave
from process.memory import keep_in_memory
from process.sales_record import SalesRecordSettings
from process.settings import SettingsProblem, read_settings
from process.stop import told_to_stop
from seller.catalog import SHIPPED
from seller.catalog_file import CatalogFile
from sft.client import SftClient
from sft.transport import CONNECTIONS
from sft_check.catalog import compare_catalog
from sft_check.client import sft_client
from temporal.api_key import renewing_api_key
from temporal.beside import beside
from temporal.ceiling import Ceiling, CeilingProblem
from temporal.client import NoTemporalServer, connect
from temporal.data_converter import data_converter_with
from temporal.deployment import following_version
from temporal.digests import Digests
from temporal.encryption.settings import EncryptionSettings
from temporal.engine import EngineSettings
from temporal.failover import NotConfirmed, check_active_cluster, stopping_at_failover
from temporal.input_check import InputCheck
from temporal.last_state import LastStates
from temporal.login_gate import TemporalLoginGate
from temporal.oldest_runs import save_oldest
from temporal.registration import NotRegistered, check_search_attributes, register_search_attributes
from temporal.replay import NotReplayed, replay
from temporal.rollout import NotCurrent, roll_out
from temporal.runs_at_server import RunsAtServer
from temporal.settings import TaskQueueSettings
from temporal.workflow_runner import WholeTaskRunner
from workflows.registered import VERSIONED_WORKFLOWS, WORKFLOWS
from workflows.subscription import TravelerSubscriptionWorkflow

ACTIVITY_INTERCEPTORS: Final = [Inputs(), Heartbeats()]
INTERCEPTORS: Final = [InputCheck(), *ACTIVITY_INTERCEPTORS]

RUNNER: Final = UnsandboxedWorkflowRunner()
"""The SDK's sandbox takes half of what a worker does for a sale (docs/performance.md). What it would keep our workflows
from, tests/workflows/test_determinism.py does, and test_replay.py replays inside it what every version recorded."""

PROBLEMS: Final = (
    SettingsProblem,
    NoTemporalServer,
    NotRegistered,
    NotConfirmed,
    CeilingProblem,
    NotCurrent,
    NotReplayed,
    CannotListen,
    CannotTrace,
)
"""What a worker cannot start with: the message says it in one sentence."""

USAGE: Final = (
    "worker.py takes no argument but --register-search-attributes, --make-current, --save-histories with a folder, or "
    "--replay with files or folders, got"
)

PLAINTEXT: Final = (
    "NOTHING IS ENCRYPTED: whoever sees the Temporal namespace, its database or its Web UI can read activation codes "
    "and e-mail addresses. Set ESIM_ENCRYPTION_KEYS, and ESIM_REQUIRE_ENCRYPTION=1 so that this cannot happen again"
)

logger = logging.getLogger("worker")


class WorkerSettings(
    ObservedSettings,
    EngineSettings,
    DeliverySettings,
    SftSettings,
    LogSettings,
    EncryptionSettings,
    AuditSettings,
    SalesRecordSettings,
):
    """What the worker needs to know. The connection to Temporal is configured apart, by the SDK's own variables."""

    esim_shutdown_grace_seconds: float = Field(default=25, ge=0, le=600)
    esim_data_units: DataUnits = "decimal"
    suspend_empty_after_days: int | None = Field(default=None, ge=1, le=3650)
    sft_callbacks: bool = False
    esim_stock_low_days: int = Field(default=7, ge=1, le=365)
    esim_confirmed_cluster: str | None = Field(default=None, max_length=200)
    esim_catalog: str = SHIPPED.name

    def channels(self) -> list[Channel]:
        """Where this worker can say what happens: to the portal, to travelers by e-mail."""
        channels: list[Channel] = []
        if self.webhook() is not None:
            channels.append("portal")
        if self.mailer() is not None:
            channels.append("email")
        return channels


@dataclass(frozen=True)
class WorkerOptions:
    """What of the SDK's worker is not for an operator to set."""

    workflow_runner: WorkflowRunner = RUNNER


DEFAULT_OPTIONS: Final = WorkerOptions()


def workers(
    client: Client,
    sft: SftClient,
    webhook: Webhook | None,
    settings: WorkerSettings,
    ceiling: Ceiling,
    options: WorkerOptions = DEFAULT_OPTIONS,
    account: SftAccount | None = None,
) -> list[Worker]:
    """The workers of a process.

    One runs the workflows and what they ask of SFT and of Temporal, on one task queue: an activity can begin where its
    workflow is. What tells a portal or a traveler, who may be away, and what looks at usage, has a worker each.
    """
    mailer, queue = settings.mailer(), settings.esim_task_queue
    untaken = undelivered(client, queue, webhook, mailer)
    events, catalog = EventActivities(webhook, mailer, untaken), CatalogFile(settings.esim_catalog, logger)
    deliver = DeliveryActivities(mailer, untaken, catalog.access_point_of).deliver_esim
    return [
        _sales_worker(client, sft, settings, ceiling, options, account or SftAccount()),
        _side_worker(client, settings, events_task_queue(queue), None, events.post_event, events.send_notice, deliver),
        _side_worker(
            client, settings, looks_task_queue(queue), LOOKS_AT_ONCE, _usage(sft, settings, ceiling).watch_usage
        ),
    ]


def ceiling_of(client: Client, settings: WorkerSettings) -> Ceiling:
    """The ceiling over what workers with these settings ask of SFT."""
    return Ceiling(client, settings.esim_task_queue, settings.sft_max_requests_per_second)


def _sales_worker(
    client: Client,
    sft: SftClient,
    settings: WorkerSettings,
    ceiling: Ceiling,
    options: WorkerOptions,
    account: SftAccount,
) -> Worker:
    deployment = settings.deployment()
    return Worker(
        client,
        task_queue=settings.esim_task_queue,
        workflows=VERSIONED_WORKFLOWS if deployment else WORKFLOWS,
        activities=_sales_activities(client, sft, settings, ceiling, account),
        interceptors=[*INTERCEPTORS, ceiling],
        workflow_runner=WholeTaskRunner(options.workflow_runner, RunsAtServer(client)),
        graceful_shutdown_timeout=timedelta(seconds=settings.esim_shutdown_grace_seconds),
        deployment_config=deployment,
        **settings.engine(),
    )


def _side_worker(
    client: Client, settings: WorkerSettings, task_queue: str, places: int | None, *activities: Callable[..., Any]
) -> Worker:
    return Worker(
        client,
        task_queue=task_queue,
        activities=activities,
        interceptors=ACTIVITY_INTERCEPTORS,
        graceful_shutdown_timeout=timedelta(seconds=settings.esim_shutdown_grace_seconds),
        deployment_config=settings.deployment(),
        **settings.engine(places),
    )


def _usage(sft: SftClient, settings: WorkerSettings, ceiling: Ceiling) -> UsageActivities:
    worker = (settings.channels(), settings.esim_data_units, Digests(settings.keys()))
    days, is_announced = settings.suspend_empty_after_days, settings.sft_callbacks
    return UsageActivities(sft, *worker, days, is_announced=is_announced, is_limited=lambda: ceiling.is_kept)


def _sales_activities(
    client: Client, sft: SftClient, settings: WorkerSettings, ceiling: Ceiling, account: SftAccount
) -> list[Callable[..., Any]]:
    channels, digests = settings.channels(), Digests(settings.keys())
    runs = RunActivities(client)
    addons = AddonActivities(sft, runs, settings.sft_settle_seconds, channels, account)
    inventory = Inventory(sft, runs.is_claimed)
    activation_call = settings.sft_activation_call
    esims = EsimActivities(sft, inventory, runs, addons, activation_call, lambda: ceiling.is_kept, account, digests)
    queue = StockQueueActivities(client, esims)
    usage = _usage(sft, settings, ceiling)
    states = LastStateActivities(LastStates(client, [TravelerSubscriptionWorkflow], RUNNER, INTERCEPTORS))
    return [
        *(esims.find_esim, queue.wait_for_stock, queue.hand_out_stock),
        *(esims.activate_esim, esims.suspend_esim, esims.change_lifecycle),
        *(addons.look_at_endpoint, addons.provision_addon, addons.settle_addon),
        *(addons.remove_surplus, addons.remove_addon),
        *(usage.read_usage, usage.watch_usage),
        PlanActivities(sft).look_up_plan,
        StockActivities(sft, client, settings.esim_stock_low_days, channels).count_stock,
        *(runs.is_released, runs.look_at_owner, runs.wait_until_listed),
        KeyActivities(client).open_message,
        *(states.read_last_state, states.read_before_reset),
        SalesRecordActivities(client, settings.esim_task_queue, settings.sales_record()).record_sales,
        *_activities_for_operators(client, sft, usage),
    ]


def _activities_for_operators(client: Client, sft: SftClient, usage: UsageActivities) -> list[Callable[..., Any]]:
    audits, adoptions = AuditActivities(sft, client), AdoptionActivities(sft, client, usage)
    return [
        *(adoptions.look_at_holder, adoptions.read_esim, adoptions.find_sim),
        *(audits.list_sims, audits.list_subscriptions, audits.check_finding, audits.suspend_unowned),
    ]


async def run(settings: WorkerSettings, options: WorkerOptions = DEFAULT_OPTIONS) -> None:
    """Runs until SIGTERM or SIGINT, then finishes what it holds, or hands it back after the grace period."""
    stop = told_to_stop()
    start_logging(settings.log_format, settings.log_level)
    runtime = (metrics := Metrics(settings)).runtime
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(metrics.shown())
        tracing = await stack.enter_async_context(traced())
        client = await connect(settings.keys(), runtime=runtime, interceptors=tracing)
        await stack.enter_async_context(renewing_api_key(client))
        await check_search_attributes(client)
        await check_active_cluster(client, settings.esim_confirmed_cluster)
        ceiling = ceiling_of(client, settings)
        await ceiling.agree()
        if settings.keys() is None:
            logger.warning(PLAINTEXT)
        meter = runtime.metric_meter
        calls, logins, account = SftCalls(meter), SftLogins(meter), SftAccount(SftRefusals(meter))
        connections = max(CONNECTIONS, settings.esim_activities_at_once)
        sft = sft_client(settings, calls, TemporalLoginGate(client), logins, connections)
        await stack.enter_async_context(sft)
        if webhook := settings.webhook():
            await stack.enter_async_context(webhook)
        running = workers(client, sft, webhook, settings, ceiling, options, account)
        await stack.enter_async_context(ceiling.followed())
        await stack.enter_async_context(observed(client, running, settings, runtime, stop))
        for worker in running:
            await stack.enter_async_context(worker)
        logger.info("Working on task queue %s, with SFT at %s", settings.esim_task_queue, settings.sft_base_url)
        if record := settings.sales_record():
            count_recorded(meter, record)
        _note_start(settings)
        await stack.enter_async_context(beside(compare_catalog(sft, settings.esim_catalog)))
        await stack.enter_async_context(following_version(client, settings.version(), meter))
        await stack.enter_async_context(stopping_at_failover(client, settings.esim_confirmed_cluster, stop))
        await stop.wait()
        logger.info("Stopping: finishing what is in hand, for up to %s s", settings.esim_shutdown_grace_seconds)
        await asyncio.gather(*(worker.shutdown() for worker in running))
    logger.info("Stopped")


def _note_start(settings: WorkerSettings) -> None:
    """Leaves a line in the audit log about the keys that it starts with: their ids only."""
    keys = settings.keys()
    audit.begin("worker", settings.writes())
    audit.note("start", "done", account=audit.account(), encryption_keys=list(keys.by_label) if keys else [])


async def register() -> None:
    """Registers the search attributes that the namespace lacks, and says which they were."""
    registered = await register_search_attributes(await connect(None))
    print(f"Registered: {', '.join(registered)}" if registered else "All search attributes are registered")  # noqa: T201


async def save_histories(folder: Path) -> None:
    """Saves what the oldest runs of each patch level have done so far, for ``--replay``. It decrypts nothing."""
    task_queue = read_settings(TaskQueueSettings).esim_task_queue
    saved = await save_oldest(await connect(None), task_queue, folder)
    print(f"Saved: the histories of {saved.histories} runs, of {saved.levels} patch levels")  # noqa: T201


async def rehearse(paths: Sequence[str]) -> None:
    """Replays the histories in these files and folders. Reads the encryption keys, and connects to nothing."""
    Runtime.set_default(Runtime(telemetry=TelemetryConfig(logging=None)))
    logging.disable()  # what cannot be replayed is told once, in one sentence
    converter = data_converter_with(read_settings(EncryptionSettings).keys(), anywhere=True)
    replayer = Replayer(
        workflows=WORKFLOWS, workflow_runner=RUNNER, interceptors=INTERCEPTORS, data_converter=converter
    )
    replayed, left_out = await replay(replayer, paths)
    also = f" Left out: {left_out} that no worker has begun, or that are gone." if left_out else ""
    print(f"Replayed: {replayed}. This build can go on with all of them.{also}")  # noqa: T201


def main(arguments: Sequence[str]) -> int:
    """Runs the worker; 0 after a stop that was asked for, 1 if it could not start or keep running, 2 for bad arguments.

    With ``--register-search-attributes`` it prepares a namespace instead, which takes no settings but the connection.
    With ``--make-current`` it waits until workers of its build run, and sends new work there. With ``--save-histories``
    and a folder, it saves histories there; with ``--replay`` and files or folders, it tells whether this build can go
    on with the histories in them.
    """
    keep_in_memory()
    start_logging()
    try:
        match arguments:
            case []:
                asyncio.run(run(read_settings(WorkerSettings)))
            case ["--register-search-attributes"]:
                asyncio.run(register())
            case ["--make-current"]:
                print(asyncio.run(roll_out()))  # noqa: T201
            case ["--save-histories", folder]:
                asyncio.run(save_histories(Path(folder)))
            case ["--replay", _, *_]:
                asyncio.run(rehearse(arguments[1:]))
            case _:
                print(USAGE, *arguments, file=sys.stderr)  # noqa: T201
                return 2
    except PROBLEMS as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
