"""Queries that the Temporal server refuses without asking a worker, because workflow tasks of the run keep failing.

A run that goes on can be asked again once a task succeeds. One that was ended before that can never be asked.
"""

from typing import Final

IN_FAILED_STATE: Final = "Workflow Task in failed state"


def is_refused(error: Exception) -> bool:
    """Whether it is such a refusal, or quotes one."""
    return IN_FAILED_STATE in str(error)
