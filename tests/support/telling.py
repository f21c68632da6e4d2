"""Many cases of one behaviour: a few that tell most are in ``make test``, and all others in ``make test-rest``."""

from collections.abc import Iterable

import pytest


def long_but(telling: Iterable[object], cases: Iterable[object]) -> list[object]:
    """The cases, all marked as long but these. A case of several arguments is a tuple. Raises AssertionError for one
    that is not among them.
    """
    kept, all_cases = list(telling), list(cases)
    assert all(case in all_cases for case in kept)
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=[] if case in kept else [pytest.mark.long])
        for case in all_cases
    ]
