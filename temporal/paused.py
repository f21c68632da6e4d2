"""Runs that an operator paused (``temporal workflow pause``), as servers may allow: they live, and go on one day.

The SDK (1.35) has no word for their status: one of them in a list makes reading the list a ValueError. Here it is read
as running, which is what it is for everybody who asks whether a run has ended.
"""

from typing import Final

from temporalio.api.enums.v1 import WorkflowExecutionStatus as Told
from temporalio.client import WorkflowExecutionStatus

PAUSED: Final = int(Told.WORKFLOW_EXECUTION_STATUS_PAUSED)


def read_paused_as_running() -> None:
    """Has the SDK read it so, in this process. Once it knows the status, this changes nothing."""

    def missing(_: type[WorkflowExecutionStatus], value: object) -> WorkflowExecutionStatus | None:
        return WorkflowExecutionStatus.RUNNING if value == PAUSED else None

    WorkflowExecutionStatus._missing_ = classmethod(missing)  # type: ignore[assignment, method-assign]
