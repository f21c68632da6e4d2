"""Many cases of one behaviour: a few that tell most are in ``make test``, or in ``make test-rest``, and all others in
what takes longer."""

from collections.abc import Iterable

import pytest


def long_but(telling: Iterable[object], cases: Iterable[object]) -> list[object]:
    """The cases, all marked as long but these. A case of several arguments is a tuple. Raises AssertionError for one
    that is not among them.
    """
    return _marked(pytest.mark.long, telling, cases)


def many_but(telling: Iterable[object], cases: Iterable[object]) -> list[object]:
    """The same, marked as many."""
    return _marked(pytest.mark.many, telling, cases)


def _marked(mark: pytest.MarkDecorator, telling: Iterable[object], cases: Iterable[object]) -> list[object]:
    kept, all_cases = list(telling), list(cases)
    assert all(case in all_cases for case in kept)
    return [
        pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=[] if case in kept else [mark])
        for case in all_cases
    ]
