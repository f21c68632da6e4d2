"""planIds: one and the same may be written differently in the catalog, in an answer and in a profile."""

import re
from collections.abc import Iterable


def same_plan(one: str | None, other: str | None) -> bool:
    """Whether both are the id of one plan: ``plan_7`` and ``PLAN-7`` are, and so are 0042 and 42.

    Assumption: no account has two plans that differ in that alone.
    """
    return one is not None and other is not None and _essence(one) == _essence(other)


def is_among(plan_id: str, plan_ids: Iterable[str]) -> bool:
    """Whether one of these is the id of this plan."""
    return any(same_plan(plan_id, other) for other in plan_ids)


def _essence(plan_id: str) -> str:
    return re.sub(r"[\s_-]+", "-", plan_id.casefold().strip()).lstrip("0")
