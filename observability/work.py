"""What a log line is about: the workflow or activity that runs just then, its purchase and its endpoint."""

from contextvars import ContextVar
from typing import Any, Final

from temporalio import activity, workflow
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from contract.workflow_ids import endpoint_id_of, is_provision_id, is_subscription_id, purchase_id_of

IDS: Final = ("purchase_id", "endpoint_id")

_input_ids: ContextVar[dict[str, str] | None] = ContextVar("input_ids", default=None)


class Inputs(Interceptor):
    """Remembers which purchase and which endpoint an activity is about, for as long as it runs."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Remembering(next)


class _Remembering(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        # Not forgotten at the end: the SDK logs what the activity failed with, and its task ends then anyway.
        _input_ids.set(_ids_in(input.args[0]) if input.args else None)
        return await super().execute_activity(input)


def work_at_hand() -> dict[str, str]:
    """The ids of what runs right now, as far as they are known; empty where nothing does."""
    if activity.in_activity():
        doing = activity.info()
        work = _of_workflow(doing.workflow_id or "", doing.workflow_run_id or "")
        return work | (_input_ids.get() or {}) | {"activity_type": doing.activity_type}
    if workflow.in_workflow():
        info = workflow.info()
        return _of_workflow(info.workflow_id, info.run_id)
    return {}


def _of_workflow(workflow_id: str, run_id: str) -> dict[str, str]:
    work = {"workflow_id": workflow_id, "run_id": run_id}
    if is_provision_id(workflow_id):
        work["purchase_id"] = purchase_id_of(workflow_id)
    if is_subscription_id(workflow_id):
        work["endpoint_id"] = endpoint_id_of(workflow_id)
    return work


def _ids_in(message: object) -> dict[str, str]:
    """The ids that an activity's input has, or the purchase in it."""
    found: dict[str, str] = {}
    for part in (getattr(message, "purchase", None), message):
        for name in IDS:
            value = getattr(part, name, None)
            if isinstance(value, str):
                found[name] = value
    return found
