"""The engine room of a worker: how much it keeps in memory and takes in hand at once, and how it asks for work."""

from typing import Final, TypedDict

from pydantic import Field, model_validator
from temporalio.worker import (
    PollerBehavior,
    PollerBehaviorAutoscaling,
    PollerBehaviorSimpleMaximum,
    ResourceBasedSlotConfig,
    WorkerTuner,
)

from process.settings import EnvironmentSettings

POLLERS: Final = 5
"""Of each kind of task, where their number is fixed: the SDK's own default."""

FEWEST_WORKFLOW_TASKS: Final = 5
"""So many it takes whatever the machine has left, where it goes by that: the SDK's own default."""


class Engine(TypedDict):
    """Arguments of the SDK's Worker."""

    max_cached_workflows: int
    tuner: WorkerTuner
    workflow_task_poller_behavior: PollerBehavior
    activity_task_poller_behavior: PollerBehavior


class EngineSettings(EnvironmentSettings):
    """What is set of it, for each of the workers of a process."""

    esim_cached_workflows: int = Field(default=1000, ge=10, le=1_000_000)
    esim_workflow_tasks_at_once: int = Field(default=100, ge=2, le=10_000)
    esim_activities_at_once: int = Field(default=100, ge=2, le=10_000)
    esim_pollers_at_most: int | None = Field(default=None, ge=2, le=1000)
    esim_memory_share: float | None = Field(default=None, gt=0, lt=1)
    esim_cpu_share: float | None = Field(default=None, gt=0, le=1)

    @model_validator(mode="after")
    def _shares_are_whole(self) -> "EngineSettings":
        for share, other in (("ESIM_MEMORY_SHARE", "ESIM_CPU_SHARE"), ("ESIM_CPU_SHARE", "ESIM_MEMORY_SHARE")):
            if getattr(self, share.lower()) is None and getattr(self, other.lower()) is not None:
                raise ValueError(f"{share} is not set: where {other} is, both have to be, such as 0.8 and 0.9")
        return self

    def engine(self, places: int | None = None) -> Engine:
        """How a worker of the SDK is built by these settings; with ``places``, it has no more for activities."""
        return Engine(
            max_cached_workflows=self.esim_cached_workflows,
            tuner=self._tuner(min(self.esim_activities_at_once, places or self.esim_activities_at_once)),
            workflow_task_poller_behavior=self._pollers(),
            activity_task_poller_behavior=self._pollers(),
        )

    def _tuner(self, activities: int) -> WorkerTuner:
        if self.esim_memory_share is None or self.esim_cpu_share is None:
            return WorkerTuner.create_fixed(workflow_slots=self.esim_workflow_tasks_at_once, activity_slots=activities)
        fewest = min(FEWEST_WORKFLOW_TASKS, self.esim_workflow_tasks_at_once)
        return WorkerTuner.create_resource_based(
            target_memory_usage=self.esim_memory_share,
            target_cpu_usage=self.esim_cpu_share,
            workflow_config=ResourceBasedSlotConfig(fewest, self.esim_workflow_tasks_at_once),
            activity_config=ResourceBasedSlotConfig(maximum_slots=activities),
        )

    def _pollers(self) -> PollerBehavior:
        if self.esim_pollers_at_most is None:
            return PollerBehaviorSimpleMaximum(POLLERS)
        initial = min(POLLERS, self.esim_pollers_at_most)
        return PollerBehaviorAutoscaling(maximum=self.esim_pollers_at_most, initial=initial)
