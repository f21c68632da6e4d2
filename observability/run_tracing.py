"""The interceptor that traces workflows and activities. Needs the packages of requirements/tracing.txt."""

from temporalio.contrib.opentelemetry import TracingInterceptor, TracingWorkflowInboundInterceptor
from temporalio.worker import WorkflowInterceptorClassInput, WorkflowOutboundInterceptor


class RunTracing(TracingInterceptor):
    """Temporal's own tracing, but a run that was started without a trace has one all the same: its run id.

    Left to itself, each activity of such a run would be a trace of its own. A run id is known to every worker that goes
    on with the run, and to whoever looks for the trace.
    """

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[TracingWorkflowInboundInterceptor]:
        """What traces a run."""
        super().workflow_interceptor_class(input)
        return _RunTrace


class _RunTrace(TracingWorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(outbound)
        info = outbound.info()
        if self.header_key not in info.headers:
            trace_id = info.original_execution_run_id.replace("-", "")
            self._workflow_context_carrier = {"traceparent": f"00-{trace_id}-{trace_id[16:]}-01"}
