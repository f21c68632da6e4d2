"""The task queues that workers poll, made of the one that a seller names."""


def events_task_queue(task_queue: str) -> str:
    """The queue of the activities that post events and mail notices: what waits for a portal that is down takes no slot
    of a purchase there."""
    return f"{task_queue}-events"


def looks_task_queue(task_queue: str) -> str:
    """The queue of the looks at usage that nobody waits for: however many are due at once, they wait there for a place,
    and take none of a purchase."""
    return f"{task_queue}-looks"


def nexus_task_queue(task_queue: str) -> str:
    """The queue of what portals in other namespaces ask by Nexus: an endpoint leads there."""
    return f"{task_queue}-nexus"
