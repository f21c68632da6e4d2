"""The SDK's runtime, which shows its metrics and ours to Prometheus on METRICS_ADDRESS."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Final, get_args

from temporalio.common import MetricMeter
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from contract.failure import FailureType
from observability.log import CORE_LOGS
from observability.settings import ObservedSettings
from observability.sft_calls import DURATION
from process.address import address_of
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


def runtime_of(settings: ObservedSettings) -> Runtime:
    """The runtime of a worker's process, with an endpoint for Prometheus if METRICS_ADDRESS is set.

    Raises:
        CannotListen: if METRICS_ADDRESS is in use, or not of this machine.
    """
    if settings.metrics_address is None:
        return Runtime(telemetry=TelemetryConfig(logging=CORE_LOGS))
    address = address_of(settings.metrics_address)
    prometheus = PrometheusConfig(
        bind_address=str(address),
        counters_total_suffix=True,
        unit_suffix=True,
        durations_as_seconds=True,
        histogram_bucket_overrides=BUCKETS,
    )
    try:
        runtime = Runtime(telemetry=TelemetryConfig(logging=CORE_LOGS, metrics=prometheus))
    except ValueError as error:
        raise address.refused("METRICS_ADDRESS", str(error).rpartition(": ")[2]) from None
    return runtime


def begin_at_zero(meter: MetricMeter, namespace: str, task_queue: str) -> None:
    """Shows what workflows count before there is any: Prometheus sees no increase in a series that begins at one."""
    failures = get_args(FailureType)
    for workflow_type in ("ProvisionEsimWorkflow", "TravelerSubscriptionWorkflow"):
        # The labels that the SDK gives to what is counted in a workflow, and in its order: else there are two series.
        labels = {"namespace": namespace, "task_queue": task_queue, "workflow_type": workflow_type}
        of_workflow = meter.with_additional_attributes(labels)
        if workflow_type == "ProvisionEsimWorkflow":
            _show(of_workflow, SALES, *({"outcome": outcome} for outcome in ("completed", *failures, UNFORESEEN)))
        else:
            _show(of_workflow, ADDONS, *({"outcome": outcome} for outcome in ("provisioned", *failures)))
            _show(of_workflow, UNMATCHED, {})
            _show(of_workflow, QUARANTINED, *({"at_sft": status} for status in get_args(AtSft)))
        fates = itertools.product(get_args(Call), get_args(Fate))
        _show(of_workflow, UNANSWERED, *({"call": call, "became": became} for call, became in fates))


def _show(meter: MetricMeter, name: str, *series: dict[str, str]) -> None:
    counter = meter.create_counter(name, DESCRIPTIONS[name])
    for labels in series:
        counter.add(0, labels)
