"""The SDK's runtime, which shows its metrics and ours to Prometheus on METRICS_ADDRESS."""

import itertools
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final, get_args

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from temporalio.common import MetricMeter
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from activities.mailing import MAIL_OUTCOMES, MAILED_BY, MAILS, MAILS_DESCRIPTION
from contract.failure import FailureType
from contract.task_queues import events_task_queue
from contract.workflow_ids import PROVISION_TYPE, SUBSCRIPTION_TYPE
from observability.log import CORE_LOGS
from observability.settings import ObservedSettings
from observability.sft_calls import DURATION
from process.address import Address, address_of
from process.server import serving, site
from workflows.counting import (
    ADDONS,
    DESCRIPTIONS,
    INSTALLABLE,
    QUARANTINED,
    SALES,
    UNANSWERED,
    UNFORESEEN,
    UNMATCHED,
    AtSft,
    Call,
    Fate,
)

BUCKETS: Final[Mapping[str, Sequence[float]]] = {
    DURATION: (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 35, 60, 120, 190),
    INSTALLABLE: (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 48 * 3600),
}
"""In seconds. SFT's time-outs are among the first, and the longest waits for stock and amendments the last."""

ATTEMPTS: Final = 5
"""How often a free port may be snatched between the moment that it is found and the moment that it is used."""


class Metrics:
    """The runtime of a worker's process, and what it counts, shown to Prometheus if METRICS_ADDRESS is set.

    The SDK shows it by a server of its own, which never lets go of who is silent: a worker could be kept from SFT by
    taking all the files that it may open. So that one answers on this machine only, and ours asks it.
    """

    def __init__(self, settings: ObservedSettings) -> None:
        """Raises CannotListen if METRICS_ADDRESS is in use, or not of this machine."""
        self._listener: socket.socket | None = None
        if settings.metrics_address is None:
            self.runtime = Runtime(telemetry=TelemetryConfig(logging=CORE_LOGS))
            return
        self._listener = address_of(settings.metrics_address).listener_for("METRICS_ADDRESS")
        self.runtime, self._within = _shown_within()

    @asynccontextmanager
    async def shown(self) -> AsyncIterator[None]:
        """Answers GET /metrics for as long as the block lasts."""
        if self._listener is None:
            yield
            return
        async with (
            httpx.AsyncClient(base_url=f"http://{self._within}", trust_env=False) as self._http,
            serving(site([Route("/metrics", self._answer)]), self._listener),
        ):
            yield

    async def _answer(self, _: Request) -> Response:
        answer = await self._http.get("/metrics")
        return Response(answer.content, answer.status_code, media_type=answer.headers.get("content-type"))


def _shown_within() -> tuple[Runtime, Address]:
    """A runtime that shows its metrics on this machine, and where: the SDK does not say which port it was given."""
    for attempt in range(1, ATTEMPTS + 1):
        with Address("127.0.0.1", 0).listener() as free:
            address = Address("127.0.0.1", free.getsockname()[1])
        prometheus = PrometheusConfig(
            bind_address=str(address),
            counters_total_suffix=True,
            unit_suffix=True,
            durations_as_seconds=True,
            histogram_bucket_overrides=BUCKETS,
        )
        try:
            return Runtime(telemetry=TelemetryConfig(logging=CORE_LOGS, metrics=prometheus)), address
        except ValueError as error:
            if attempt == ATTEMPTS:
                raise address.refused("METRICS_ADDRESS", str(error).rpartition(": ")[2]) from None
    raise AssertionError("the last attempt returns or raises")


def begin_at_zero(meter: MetricMeter, namespace: str, task_queue: str) -> None:
    """Shows what workflows and mails count before there is any: Prometheus sees no increase in a series that begins at
    one."""
    _begin_mails(meter, namespace, task_queue)
    failures = get_args(FailureType)
    for workflow_type in (PROVISION_TYPE, SUBSCRIPTION_TYPE):
        # The labels that the SDK gives to what is counted in a workflow, and in its order: else there are two series.
        labels = {"namespace": namespace, "task_queue": task_queue, "workflow_type": workflow_type}
        of_workflow = meter.with_additional_attributes(labels)
        if workflow_type == PROVISION_TYPE:
            _show(of_workflow, SALES, *({"outcome": outcome} for outcome in ("completed", *failures, UNFORESEEN)))
        else:
            _show(of_workflow, ADDONS, *({"outcome": outcome} for outcome in ("provisioned", *failures)))
            _show(of_workflow, UNMATCHED, {})
            _show(of_workflow, QUARANTINED, *({"at_sft": status} for status in get_args(AtSft)))
        fates = itertools.product(get_args(Call), get_args(Fate))
        _show(of_workflow, UNANSWERED, *({"call": call, "became": became} for call, became in fates))


def _begin_mails(meter: MetricMeter, namespace: str, task_queue: str) -> None:
    for kind, activity_type in MAILED_BY.items():
        queue = events_task_queue(task_queue)
        # As the SDK has them of an activity, likewise.
        labels = {"namespace": namespace, "task_queue": queue, "activity_type": activity_type}
        counter = meter.with_additional_attributes(labels).create_counter(MAILS, MAILS_DESCRIPTION)
        for outcome in ("sent", *MAIL_OUTCOMES.values()):
            counter.add(0, {"kind": kind, "outcome": outcome})


def _show(meter: MetricMeter, name: str, *series: dict[str, str]) -> None:
    counter = meter.create_counter(name, DESCRIPTIONS[name])
    for labels in series:
        counter.add(0, labels)
