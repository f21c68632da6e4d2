"""The settings of a process at Temporal: its task queue, and which version of a deployment it is. The connection itself
is configured by the SDK's own variables, ``TEMPORAL_*``.
"""

from pydantic import Field, model_validator
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import WorkerDeploymentConfig

from process.settings import EnvironmentSettings


class TaskQueueSettings(EnvironmentSettings):
    """Which task queue purchases go to: that of the workers which carry them out."""

    esim_task_queue: str = Field(default="esim-provisioning", max_length=200)


class DeploymentSettings(EnvironmentSettings):
    """Which version of a worker deployment a worker is, if it is one."""

    temporal_deployment_name: str | None = Field(default=None, max_length=200)
    temporal_worker_build_id: str | None = Field(default=None, max_length=200)

    @model_validator(mode="after")
    def _version_is_whole(self) -> "DeploymentSettings":
        self.version()
        return self

    def version(self) -> WorkerDeploymentVersion | None:
        """Which version of a deployment this worker is; None if none is set. Raises ValueError if it cannot be one."""
        name, build_id = self.temporal_deployment_name, self.temporal_worker_build_id
        if name is None and build_id is None:
            return None
        if name is None:
            raise ValueError("TEMPORAL_DEPLOYMENT_NAME is not set: where TEMPORAL_WORKER_BUILD_ID is, both have to be")
        if build_id is None:
            raise ValueError("TEMPORAL_WORKER_BUILD_ID is not set: where TEMPORAL_DEPLOYMENT_NAME is, both have to be")
        if name.startswith("__") or set(name) & set(".:"):
            raise ValueError(f"TEMPORAL_DEPLOYMENT_NAME ({name!r}): it cannot begin with __ or have a . or : in it")
        if build_id.startswith("__"):
            raise ValueError(f"TEMPORAL_WORKER_BUILD_ID ({build_id!r}): it cannot begin with __")
        return WorkerDeploymentVersion(name, build_id)

    def deployment(self) -> WorkerDeploymentConfig | None:
        """How the SDK is told so. Subscriptions outlive versions: they move to the current one."""
        version = self.version()
        if version is None:
            return None
        return WorkerDeploymentConfig(
            version, use_worker_versioning=True, default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE
        )
