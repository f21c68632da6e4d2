"""Words of the query language of visibility."""


def quoted(text: str) -> str:
    """Any text as a value to compare with."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def on_task_queue(task_queue: str) -> str:
    """The condition for runs of a seller's own: another may share the namespace."""
    return f"TaskQueue = {quoted(task_queue)}"
