"""The tables of docs/design.md say what the code does."""

import importlib
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.histories import HISTORIES
from tests.support.pages import table, words
from workflows import cadence, policies
from workflows.policies import Policy

ROOT: Final = Path(__file__).parent.parent
DESIGN: Final = ROOT / "docs" / "design.md"

UNITS: Final = {"s": 1, "min": 60, "h": 3600}

POLICIES: Final = {name: policy for name, policy in vars(policies).items() if isinstance(policy, Policy)}

RETRIED: Final = dict(re.findall(r"^(\w+_\w+) +(policy|workflow) ", policies.__doc__ or "", re.MULTILINE))
"""Who tries each activity again, as the docstring of the table in the code says."""


def duration(cell: str) -> timedelta:
    number, unit = cell.split()
    return timedelta(seconds=float(number) * UNITS[unit])


def test_the_design_has_a_row_for_every_activity() -> None:
    assert list(table(DESIGN, "activity")) == list(RETRIED)


def test_the_design_shows_the_cadence_of_the_code() -> None:
    rows = [re.split(" {2,}", line) for line in (cadence.__doc__ or "").splitlines() if re.search(r"\w {2,}\w", line)]
    shown = "\n".join(f"| {' | '.join(row)} |" for row in rows).replace("\n", f"\n|{'---|' * len(rows[0])}\n", 1)
    assert len(rows) > 5
    assert f"\n\n{shown}\n\n" in DESIGN.read_text()


def test_the_design_says_which_activities_no_policy_tries_again() -> None:
    rows = table(DESIGN, "activity")
    assert {name for name, row in rows.items() if "ONCE" in words(row[2])} == {
        name for name, retried_by in RETRIED.items() if retried_by == "workflow"
    }


def test_the_design_has_the_numbers_of_every_policy() -> None:
    rows = table(DESIGN, "policy")
    assert set(rows) == set(POLICIES)
    for name, (_, first, longest, tries, attempt) in rows.items():
        retry = POLICIES[name].retry
        assert retry.maximum_interval == (duration(longest) if longest else None), name
        assert retry.maximum_attempts == int(tries or 0), name
        assert retry.maximum_attempts == 1 or retry.initial_interval == duration(first), name
        assert POLICIES[name].attempt == duration(attempt), name


def test_the_design_says_how_often_an_activity_is_tried_whose_policy_ends() -> None:
    for name, (_, _, tried_again_by, limit) in table(DESIGN, "activity").items():
        told = {int(number) for number in re.findall(r"(\d+) tries", limit)}
        attempts = {POLICIES[policy].retry.maximum_attempts for policy in words(tried_again_by)}
        assert told <= attempts, name


def test_the_design_has_the_limits_of_the_code() -> None:
    modules = [importlib.import_module(f"workflows.{file.stem}") for file in (ROOT / "workflows").glob("*.py")]
    constants = {name: value for module in (*modules, policies) for name, value in vars(module).items()}
    rows = table(DESIGN, "limit")
    assert {name: duration(row[1]) for name, row in rows.items()} == {name: constants.get(name) for name in rows}
    assert "OUTAGE" in rows


@pytest.mark.parametrize("activity", RETRIED)
def test_an_activity_runs_under_the_policies_that_the_design_names(activity: str) -> None:
    named = set(words(table(DESIGN, "activity")[activity][2]))
    recorded = {policy_of(scheduled) for scheduled in all_scheduled() if scheduled["activityType"]["name"] == activity}
    assert recorded <= named


def all_scheduled() -> list[dict[str, Any]]:
    """The activities that were scheduled in the recorded histories, with the options that they were given."""
    lines = [line for file in HISTORIES.rglob("*.json") for line in file.read_text().splitlines()]
    events = [json.loads(line.rstrip(",")) for line in lines if "activityTaskScheduledEventAttributes" in line]
    return [event["activityTaskScheduledEventAttributes"] for event in events]


def policy_of(scheduled: dict[str, Any]) -> str:
    """The one policy that these are the options of."""
    retry = scheduled["retryPolicy"]
    found = [
        name
        for name, policy in POLICIES.items()
        if seconds(scheduled["startToCloseTimeout"]) == policy.attempt
        and seconds(retry["initialInterval"]) == policy.retry.initial_interval
        and retry["backoffCoefficient"] == policy.retry.backoff_coefficient
        and retry.get("maximumAttempts", 0) == policy.retry.maximum_attempts
    ]
    (name,) = found
    return name


def seconds(text: str) -> timedelta:
    return timedelta(seconds=float(text.removesuffix("s")))
