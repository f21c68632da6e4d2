"""The task queues that workers poll, made of the one that a seller names."""


def events_task_queue(task_queue: str) -> str:
    """The queue of the activities that post events and mail notices: what waits for a portal that is down takes no slot
    of a purchase there."""
    return f"{task_queue}-events"
