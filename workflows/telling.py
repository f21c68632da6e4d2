"""Tells the portal one event of a sale that did not go well: a run of its own, which the sale does not wait for."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities.events import EventActivities
    from contract.event import Event
    from contract.task_queues import events_task_queue
    from workflows.outcome import words_of
    from workflows.policies import EVENT, EVENT_LIMIT
    from workflows.sft_calls import call


@workflow.defn
class TellPortalWorkflow:
    """Posts one event, for a day: the purchase that it is about may have ended by then."""

    @workflow.run
    async def run(self, event: Event) -> None:
        """Ends when the portal has taken it, or when it is given up."""
        try:
            await call(
                EventActivities.post_event,
                event,
                EVENT,
                f"Tell the portal: {event.type}",
                task_queue=events_task_queue(workflow.info().task_queue),
                time_limit=EVENT_LIMIT,
            )
        except ActivityError as error:
            workflow.logger.warning("%s (%s) given up: %s", event.event_id, event.type, words_of(error))
